/// A loaded model, used in every way and asked at every moment: for files and inputs that nobody vouches for. It checks
/// what must hold for every model; what it reads and writes is for the sanitizers to watch.
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "runnel/window.hpp"
#include "support/block.hpp"

namespace runnel::test {

class Exercise {
public:
    /// `whole`: the file is as it was packed. (Else what pads its matrices may be anything, and with it answers that
    /// should be the same.) Blocks larger than `most_bytes` are not made.
    explicit Exercise(const Model& model, bool whole, std::size_t most_bytes = std::size_t(1) << 24)
        : model_(model), info_(model.info()), whole_(whole), most_bytes_(most_bytes) {}

    /// What did not hold, or "".
    std::string run() {
        for (std::uint32_t i = 0; i < info_.layers; ++i) read_layer(model_.layer(i));
        for (std::uint32_t i = 0; i < info_.words; ++i) read(model_.word(i));
        for (std::uint32_t i = 0; i < info_.labels; ++i) read(model_.label(i));
        for (const char* text : {info_.source_name, info_.source_sha256, info_.source_framework,
                                 info_.converter_version, info_.isa})
            read(text);
        if (Session::bytes(model_) <= most_bytes_ / streams) {
            session();
            batch();
            window();
        }
        return wrong_;
    }

private:
    static constexpr std::uint32_t streams = 5;  // a tile and one more
    using Answer = std::vector<float>;

    void require(bool holds, const char* what) {
        if (!holds && wrong_.empty()) wrong_ = what;
    }
    void read(const char* text) { require(text != nullptr && std::strlen(text) != std::string::npos, "a text is null"); }
    void read_layer(const LayerInfo& layer) {
        for (const char* text : {layer.name, layer.kind, layer.activation, layer.format}) read(text);
        recurrent_ |= layer.recurrent;
    }

    /// Reads the whole answer.
    Answer ask(Session& session) {
        const auto output = session.output();
        require(output.size() == info_.outputs, "the answer has another size than the model");
        return {output.begin(), output.end()};
    }
    static bool same(const Answer& a, const Answer& b) {
        return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
    }

    /// One step of whatever the model takes, a token where it takes either; `variant` chooses the values.
    template <class Stepping> Status step(Stepping& session, std::uint32_t variant) {
        if (const Status status = session.step((variant + 1) * 7919 % info_.inputs); status != Status::wrong_input)
            return status;
        const std::vector<float> x(info_.inputs, 0.5f - float(variant % 3));
        return session.step(x.data(), x.size());
    }
    void refused(Session& session) {
        require(session.step(info_.inputs) != Status::ok, "a token out of range was taken");
        const std::vector<float> x(info_.inputs + 1, __builtin_nanf(""));
        require(session.step(x.data(), x.size() - 1) != Status::ok, "a feature that is no number was taken");
        if (!info_.takes_tokens)
            require(session.step(x.data(), x.size()) == Status::wrong_feature_count, "a wrong count was taken");
    }

    void session() {
        const Block block(Session::bytes(model_));
        Session* s = nullptr;
        require(Session::create(model_, block.data(), block.size() - 1, s) == Status::block_too_small,
                "a block that is too small was taken");
        require(Session::create(model_, block.data(), block.size(), s) == Status::ok, "no session");
        if (!wrong_.empty()) return;
        const Answer at_rest = ask(*s);
        refused(*s);
        require(same(ask(*s), at_rest), "a refused step changes the answer");
        s->reset();
        require(same(ask(*s), at_rest), "a reset before the first step changes the answer");
        for (std::uint32_t t = 0; t < 3; ++t) {
            require(step(*s, t) == Status::ok, "a step failed");
            if (t == 1) continue;
            const Answer first = ask(*s);
            require(same(ask(*s), first), "asked twice, it answers otherwise");
        }
        states(*s);
        s->reset();
        require(same(ask(*s), at_rest), "the answer after a reset is not that before the first step");
        require(step(*s, 0) == Status::ok, "a step behind a reset failed");
        s->reset();
        patch(*s);
        require(same(ask(*s), at_rest), "a refused patch changes the answer");
        for (std::uint32_t i = 0; i < info_.layers; ++i)
            require(s->saturations(i) <= s->saturations(), "saturations do not add up");
    }

    void states(Session& s) {
        const Answer before = ask(s);
        std::vector<unsigned char> state(s.state_bytes());
        require(s.save_state(state.data(), state.size() - 1) == Status::block_too_small, "a state lacks room");
        require(s.save_state(state.data(), state.size()) == Status::ok, "the state cannot be saved");
        require(s.restore_state(state.data(), state.size() - 1) == Status::wrong_state, "a short state was taken");
        ask(s);
        s.reset();
        // Infinite states, which wild weights lead to, are refused.
        if (s.restore_state(state.data(), state.size()) == Status::ok)
            require(!whole_ || !recurrent_ || same(ask(s), before), "the answer behind a restored state is another");
        ask(s);
        state[0] ^= 1;
        require(s.restore_state(state.data(), state.size()) == Status::wrong_state, "a foreign state was taken");
        ask(s);
        require(step(s, 1) == Status::ok, "a step behind a restored state failed");
        ask(s);
    }

    void patch(Session& s) {
        const unsigned char garbage[64] = {};
        const Block room(4096);
        std::size_t bytes = 0;
        require(s.patch_bytes(garbage, sizeof garbage, bytes) != Status::ok, "garbage was taken for a patch");
        require(s.apply_patch(garbage, sizeof garbage, room.data(), room.size()) != Status::ok,
                "garbage was taken for a patch");
        require(s.apply_patch(nullptr, 0, room.data(), room.size()) != Status::ok, "nothing was taken for a patch");
    }

    void batch() {
        const Block block(Batch::bytes(model_, streams));
        Batch* b = nullptr;
        require(Batch::create(model_, streams, block.data(), block.size(), b) == Status::ok, "no batch");
        if (!wrong_.empty()) return;
        const auto ask_all = [&] {
            for (std::uint32_t i = 0; i < streams; ++i) ask((*b)[i]);
        };
        ask_all();
        for (std::uint32_t t = 0; t < 3; ++t) {
            require(step_all(*b, t) == Status::ok, "a step of a batch failed");
            if (t != 1) ask_all();
            (*b)[t].reset();
            ask_all();
        }
        std::vector<std::uint32_t> wrong(streams, 0);
        wrong.back() = info_.inputs;
        require(b->step(wrong) != Status::ok, "a batch took a token out of range");
        ask_all();
    }

    void window() {
        constexpr std::uint32_t length = streams, hop = 2;
        const Block block(Window::bytes(model_, length, hop));
        Window* w = nullptr;
        require(Window::create(model_, length, hop, block.data(), block.size(), w) == Status::ok, "no window");
        if (!wrong_.empty()) return;
        for (std::uint32_t t = 0; t < 2 * length; ++t) {
            require(step(*w, t) == Status::ok, "a step of a window failed");
            require(w->step(info_.inputs) != Status::ok, "a window took a token out of range");
            const bool ends = t + 1 >= length && (t + 1 - length) % hop == 0;
            require(w->output().size() == (ends ? info_.outputs : 0), "a window answers at the wrong step");
        }
    }

    /// All streams but the second.
    Status step_all(Batch& b, std::uint32_t variant) {
        std::vector<std::uint32_t> tokens(streams, (variant + 1) * 7919 % info_.inputs);
        tokens[1] = Batch::resting;
        if (const Status status = b.step(tokens); status != Status::wrong_input) return status;
        const std::vector<float> x(info_.inputs, 0.5f - float(variant % 3));
        std::vector<const float*> inputs(streams, x.data());
        inputs[1] = nullptr;
        return b.step(inputs);
    }

    const Model& model_;
    const ModelInfo info_;
    const bool whole_;
    const std::size_t most_bytes_;
    bool recurrent_ = false;
    std::string wrong_;
};

}  // namespace runnel::test
