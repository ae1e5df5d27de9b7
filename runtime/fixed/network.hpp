/// A network that runs one sequence, a step at a time. Its parameters are read where they lie: in the model's file, and
/// those that a patch changes in a block of the caller's (patch.hpp).
#pragma once
#include "description.hpp"
#include "layers.hpp"

namespace runnel::fixed {

struct Tensor : TensorShape {
    bool narrow;               ///< the file's numbers are int8
    bool by_rows, by_columns;  ///< what sums are bounded (sums_fit)
    /// Bits of the file's numbers; and with which the trainer holds them: int8 as int16 with up to narrow_bits more, of
    /// which it gives up those that its sums have no room for (halve_until).
    int8_t file_bits, trained_bits;
    const void* file;  ///< int16, int8, or int32 for biases
    Codes codes;       ///< int8: the file's numbers
    int16_t* widened;  ///< int8 numbers as the trainer holds them; null: they are read in the file
    void* own;         ///< int16 or int32 in their place; null: none

    /// The file's numbers as the trainer holds them; `row`: of int8, one row.
    void copy_to(void* to) const;
    void copy_row_to(uint32_t row, int16_t* to) const;
    Weights weights() const {
        if (own) return {own, bits, false};
        if (widened) return {widened, trained_bits, false};
        if (narrow) return {&codes, file_bits, true};
        return {file, file_bits, false};
    }
    const int32_t* biases() const { return static_cast<const int32_t*>(own ? own : file); }
};

class Network {
public:
    /// Size of the block; SIZE_MAX: more than memory can have.
    static size_t bytes(const Description& network) noexcept;
    /// Builds one in `block`, at a multiple of 64, in zero state. What the description's pointers lead to has been
    /// verified, and stays; the description itself is not needed any more.
    static Network& create(const Description& network, const Kernels& kernels, void* block) noexcept;

    /// Zero state.
    void clear() noexcept;
    /// One step of a token below the number of tokens, or of as many features as the first layer takes.
    void step(uint32_t token) noexcept;
    void step(const int16_t* features) noexcept;
    /// The answer to the steps since clear(), with answer_bits() of fraction.
    void answer(int32_t* to) noexcept;
    int answer_bits() const noexcept;

    /// Calls f(values, count, fraction bits) for the output of each layer after the input, in order, as the last step
    /// and answer() have left them; of every Dense layer with the precision of the last. At most once after each
    /// answer().
    template <class F> void for_each_output(F f) {
        for (uint32_t i = 0; i < op_count_; ++i) {
            const Values values = values_of(ops_[i]);
            if (ops_[i].kind != LayerDescription::Kind::dense) {
                f(values.x, values.count, values.bits);
                continue;
            }
            const DenseLayer& d = dense_[ops_[i].index];
            fixed::answer(d, 1, 0, d.a);  // in the place of its pre-activations, which nobody reads any more
            f(d.a, d.units, fixed::answer_bits(d));
        }
    }

    Counts saturations(uint32_t layer) const noexcept;
    size_t state_bytes() const noexcept;
    void save_state(void* to) const noexcept;
    /// False: no sequence can have this state; nothing has changed.
    [[nodiscard]] bool restore_state(const void* from) noexcept;

    /// Whether the trainer could have made a patch of this network.
    bool takes_patches() const noexcept { return takes_patches_; }
    /// The parameters, in the order of for_each_tensor. Who changes what they are must call prepare().
    uint32_t tensors() const noexcept { return tensor_count_; }
    Tensor& tensor(uint32_t index) noexcept { return tensors_[index]; }
    const Tensor& tensor(uint32_t index) const noexcept { return tensors_[index]; }
    /// Renews what follows from the parameters.
    void prepare() noexcept;

private:
    friend class Planner;

    struct RecurrentLayer : Recurrent {
        Tensor *kernel, *recurrent, *bias, *recurrent_bias;  ///< the last one null but for GRU
        int16_t* h;
    };
    struct DenseLayer : Dense {
        Tensor *kernel, *bias;
    };

    /// y = f(x), of the layer below.
    struct ActivateLayer {
        Function function;
        int8_t input_bits, bits, output_bits;  ///< bits: in which the function takes them
        uint32_t units;
        int16_t* y;
        uint32_t saturated;
    };
    /// A layer: which of those of its kind.
    struct Op {
        LayerDescription::Kind kind;
        uint8_t index;
    };
    struct Values {
        const int16_t* x;
        uint32_t count;
        int bits;
    };

    void run(uint32_t first, uint32_t last, const int16_t* x) noexcept;
    void run_activate(ActivateLayer& v, const int16_t* x) noexcept;
    Values values_of(Op op) const noexcept;
    template <class F> void for_each_state(F f) const;

    Runner run_;
    LayerDescription::Kind input_;
    int8_t feature_bits_;
    bool takes_patches_;
    uint8_t recurrent_count_, dense_count_, activate_count_, op_count_, tensor_count_;
    uint8_t body_;    ///< ops_[0 .. body_): up to the last recurrent one, run at every step
    uint32_t width_;  ///< of an embedding's row
    RecurrentLayer* recurrent_;
    DenseLayer* dense_;
    ActivateLayer* activate_;
    Op* ops_;
    Tensor* tensors_;
    int16_t* row_;    ///< [width] an embedding's row of int8, as the trainer holds it; null: none
    int32_t* a_;      ///< pre-activations of the layer at hand
    int16_t* reset_;  ///< CellStep::reset
};

}  // namespace runnel::fixed
