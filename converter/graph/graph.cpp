#include "graph/graph.hpp"

#include "base/cell.hpp"

namespace runnel::converter {
namespace {

template <class... F>
struct Overload : F... {
    using F::operator()...;
};
template <class... F> Overload(F...) -> Overload<F...>;

std::size_t activated(const Activation& activation, std::size_t width) {
    return activated_width(activation.function, static_cast<std::uint32_t>(width));
}

}  // namespace

std::size_t gates(schema::Cell cell) { return gates_of(Cell(cell)); }
std::size_t bias_terms(schema::Cell cell) { return bias_terms_of(Cell(cell)); }

bool has_weights(const Layer& layer) {
    return !std::holds_alternative<Masking>(layer.kind) && !std::holds_alternative<Activate>(layer.kind);
}

std::size_t output_width(const Layer& layer) {
    return std::visit(Overload{
                          [](const Embedding& e) { return e.table.columns; },
                          [](const Masking& m) { return m.width; },
                          [](const Recurrent& r) { return r.units; },
                          [](const Dense& d) { return activated(d.activation, d.weights.rows); },
                          [](const Activate& a) { return activated(a.activation, a.width); },
                      },
                      layer.kind);
}

std::size_t input_width(const Layer& layer) {
    return std::visit(Overload{
                          [](const Embedding& e) { return e.table.rows; },
                          [](const Masking& m) { return m.width; },
                          [](const Recurrent& r) { return r.input.columns; },
                          [](const Dense& d) { return d.weights.columns; },
                          [](const Activate& a) { return a.width; },
                      },
                      layer.kind);
}

}  // namespace runnel::converter
