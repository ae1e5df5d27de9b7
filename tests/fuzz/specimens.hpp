/// Good models that the targets of states and patches load once, and the seeds are made of.
#pragma once
#include <memory>
#include <vector>

#include "fuzz.hpp"
#include "runnel/fixed_model.hpp"
#include "runnel/runnel.hpp"
#include "support/fixed_models.hpp"
#include "support/quantized_models.hpp"

namespace runnel::fuzz {

inline test::Graph chain(std::vector<converter::Layer> layers) {
    test::Graph graph;
    graph.layers = std::move(layers);
    return graph;
}

/// Of tokens, of features, of one-hot tokens; a cell of each kind.
inline std::vector<test::FileImage> fixed_files() {
    using schema::Cell, schema::Format;
    auto relu = chain({test::recurrent(Cell::simple_rnn, 2, 2), test::dense(2, 2, Function::linear)});
    std::get<converter::Recurrent>(relu.layers[0].kind).activation.function = Function::relu;
    return {test::fixed_file_of(
                chain({test::embedding(4, 2), test::recurrent(Cell::gru, 2, 3), test::dense(3, 1, Function::sigmoid)})),
            test::fixed_file_of(chain({test::recurrent(Cell::lstm, 2, 2), test::dense(2, 2, Function::softmax)}),
                                Format::fixed8),
            test::fixed_file_of(relu), test::fixed_file_of(relu, Format::fixed, true),
            converter::pack(
                test::with_finer_rows(test::in_fixed(chain({test::embedding(4, 2), test::recurrent(Cell::gru, 2, 3),
                                                            test::dense(3, 1, Function::sigmoid)}),
                                                     Format::fixed8)),
                {})};
}

/// Of fixed layers that the trainer does not have.
inline std::vector<test::FileImage> untrained_files() {
    using schema::Cell, schema::Format;
    auto lstm = chain({{"masking", 0, converter::Masking{2, -1.0f}},
                       test::dense(2, 3, Function::relu),
                       test::recurrent(Cell::lstm, 3, 2),
                       {"activation", 0, converter::Activate{2, {Function::silu, 0}}}});
    std::get<converter::Recurrent>(lstm.layers[2].kind).activation.function = Function::relu;
    converter::StoredGraph coarse = test::in_fixed(lstm, Format::fixed);
    for (auto& numbers : coarse.numbers) numbers.fixed->preactivation_bits = 17;
    const auto gru = chain({test::embedding(4, 2), test::recurrent(Cell::gru_reset_before, 2, 3)});
    return {converter::pack(coarse, {}), test::fixed_file_of(gru, Format::fixed8)};
}

/// Of each kind of cell and state, the fixed ones behind them.
inline std::vector<test::FileImage> stateful_files() {
    using schema::Cell, schema::Format;
    const auto gru = chain({test::recurrent(Cell::gru, 2, 9), test::dense(9, 2, Function::softmax)});
    const auto two = chain({test::embedding(5, 2, true), test::recurrent(Cell::lstm, 2, 3),
                            test::recurrent(Cell::gru_reset_before, 3, 2, 41)});
    std::vector<test::FileImage> files{
        test::file_of(gru), test::file_of(two), test::quantized_file_of(gru, Format::int8, Format::f32),
        test::quantized_file_of(two, Format::int8x16, Format::f16, true)};
    for (auto& file : fixed_files()) files.push_back(std::move(file));
    for (auto& file : untrained_files()) files.push_back(std::move(file));
    return files;
}

/// The file's model, loaded; of any instruction set.
class Specimen {
public:
    explicit Specimen(test::FileImage file) : file_(std::move(file)), model_(std::make_unique<Model>()) {
        require(model_->load(file_.bytes().data(), file_.bytes().size()) == Status::ok, "a specimen is refused");
    }
    const Model& model() const { return *model_; }
    const test::FileImage& file() const { return file_; }

private:
    test::FileImage file_;
    std::unique_ptr<Model> model_;
};

inline std::vector<Specimen> specimens(std::vector<test::FileImage> files) {
    std::vector<Specimen> all;
    for (auto& file : files) all.emplace_back(std::move(file));
    return all;
}

/// One step of whatever the model takes.
inline void step(const Model& model, Session& session, unsigned variant) {
    const ModelInfo info = model.info();
    Status status = session.step(variant % info.inputs);
    const std::vector<float> x(info.inputs, 0.25f * float(variant % 5));
    if (status == Status::wrong_input) status = session.step(x.data(), x.size());
    require(status == Status::ok, "a step failed");
}

/// A trainer of all parameters of a fixed model, with those that the model has.
class OwnedTrainer {
public:
    explicit OwnedTrainer(const Model& model) {
        const FixedNetwork network = fixed_network(model);
        training::Specification specification = {
            .layers = network.layers, .layer_count = network.layer_count, .steps = 3, .weight_bits = network.weight_bits};
        const auto last = network.layers[network.layer_count - 1].activation;
        specification.loss = last == training::Function::softmax   ? training::Loss::sparse_categorical_crossentropy
                             : last == training::Function::sigmoid ? training::Loss::binary_crossentropy
                                                                   : training::Loss::mean_squared_error;
        std::size_t bytes = 0;
        require(training::Trainer::bytes(specification, bytes) == training::Status::ok, "no size of a trainer");
        block_ = std::make_unique<test::Block>(bytes);
        require(training::Trainer::create(specification, block_->data(), bytes, trainer_) == training::Status::ok &&
                    load_parameters(model, *trainer_) == training::Status::ok,
                "no trainer");
    }
    training::Trainer* operator->() { return trainer_; }

private:
    std::unique_ptr<test::Block> block_;
    training::Trainer* trainer_ = nullptr;
};

inline std::vector<float> answer(Session& session) {
    const auto output = session.output();
    return {output.begin(), output.end()};
}

inline bool same(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace runnel::fuzz
