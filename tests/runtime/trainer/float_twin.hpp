/// The trainer's network in floating point: forward and analytic backward with the textbook's formulas, as the
/// reference of gradients and of whole trainings. V is double (one sequence), or a vector of floats (as many sequences
/// at once); parameters and gradients have its element's type R. The order of parameters is the trainer's.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/fixed_random.hpp"
#include "twin_functions.hpp"

namespace twin {

using namespace runnel::training;

enum class Role { embeddings, kernel, recurrent, bias };

template <class V> struct Tensor {
    using R = typename Traits<V>::R;
    Role role;
    uint32_t layer, rows, columns;
    std::vector<R> w, g, momentum, moment;
    std::vector<V> lanes;       ///< gradient of each lane, before they are summed into g; not of a table
    std::vector<bool> touched;  ///< rows of a table
    bool table = false;
};

template <class V> class Twin {
    using T = Traits<V>;

public:
    using R = typename T::R;
    static constexpr int lanes = T::lanes;

    Twin(const Specification& spec) : spec_(spec), layers_(spec.layers, spec.layers + spec.layer_count) {
        auto add = [&](Role role, uint32_t layer, uint32_t rows, uint32_t columns, bool table = false) {
            const size_t n = size_t(rows) * columns;
            tensors.push_back({role, layer, rows, columns, std::vector<R>(n), std::vector<R>(n), std::vector<R>(n),
                               std::vector<R>(n), std::vector<V>(table ? 0 : n), std::vector<bool>(table ? rows : 0),
                               table});
        };
        if (layers_[0].kind == Kind::embedding) add(Role::embeddings, 0, layers_[0].tokens, layers_[0].units, true);
        for (uint32_t i = 1; i < layers_.size(); ++i) {
            const Layer& l = layers_[i];
            first_.push_back(tensors.size());
            const uint32_t rows = gates(l) * l.units;
            if (i == 1 && layers_[0].kind == Kind::one_hot) add(Role::kernel, i, layers_[0].tokens, rows, true);
            else add(Role::kernel, i, rows, layers_[i - 1].units);
            if (l.kind != Kind::dense) {
                add(Role::recurrent, i, rows, l.units);
                ++recurrent_;
            }
            add(Role::bias, i, rows, 1);
            if (l.kind == Kind::gru) add(Role::bias, i, rows, 1);
        }
    }

    std::vector<Tensor<V>> tensors;
    bool training = false;  ///< dropout
    uint32_t update_count = 0;

    void clear_gradients() {
        for (auto& t : tensors) {
            t.g.assign(t.g.size(), R(0));
            t.lanes.assign(t.lanes.size(), V{});
            if (t.table) t.touched.assign(t.touched.size(), false);
        }
    }

    /// Losses of sequences [first, first + used) of the batch, and with `learn` their gradients, added.
    double run(const Batch& batch, uint32_t first, uint32_t used, bool learn, uint32_t* correct = nullptr) {
        batch_ = &batch;
        at_ = first;
        used_ = used;
        const uint32_t steps = batch.steps;
        values_.assign(layers_.size(), {});
        for (uint32_t i = 1; i <= recurrent_; ++i) values_[i].resize(steps + 1);
        masks_.assign(layers_.size(), {});
        for (uint32_t i = 1; i < layers_.size(); ++i) draw(i);
        for (uint32_t i = 1; i <= recurrent_; ++i) {
            Step zero;
            zero.h.resize(layers_[i].units);
            zero.c.resize(layers_[i].units);
            values_[i][0] = zero;
        }
        for (uint32_t t = 0; t < steps; ++t)
            for (uint32_t i = 1; i <= recurrent_; ++i) step(i, t);
        std::vector<V> x = values_[recurrent_][steps].h;
        std::vector<std::vector<V>> inputs, outputs;
        for (uint32_t i = recurrent_ + 1; i < layers_.size(); ++i) {
            mask(x, masks_[i].input);
            inputs.push_back(x);
            const Tensor<V>&w = tensors[first_[i - 1]], &b = tensors[first_[i - 1] + 1];
            std::vector<V> a(layers_[i].units);
            for (uint32_t u = 0; u < a.size(); ++u) a[u] = b.w[u] + dot(w, u, x);
            for (V& v : a) v = apply(layers_[i].activation, v);
            outputs.push_back(a);
            x = a;
        }
        std::vector<V> error;
        const double loss = losses(x, error, correct);
        if (learn) {
            backward(inputs, outputs, error);
            for (auto& t : tensors)
                for (size_t k = 0; k < t.lanes.size(); ++k) t.g[k] = T::sum(t.lanes[k]);
        }
        return loss;
    }
    /// The last layer's outputs of the last run; softmax applied.
    const std::vector<V>& answers() const { return answers_; }

private:
    struct Step {
        std::vector<V> x, h, c, a, b, d, e, q, hm;  ///< input, state, cell, gates, q = U h + b, dropped state
        V keep{};                                   ///< 1: a step that counts, 0: masked
    };
    struct Masks {
        std::vector<V> input, state;
    };

    static uint32_t gates(const Layer& l) { return l.kind == Kind::lstm ? 4 : l.kind == Kind::gru ? 3 : 1; }
    size_t sequence(int l) const { return batch_->order ? batch_->order[at_ + uint32_t(l)] : at_ + uint32_t(l); }
    uint32_t token(int l, uint32_t t) const {
        return uint32_t(l) < used_ ? batch_->tokens[sequence(l) * batch_->steps + t] : 0;
    }
    V dot(const Tensor<V>& w, uint32_t row, const std::vector<V>& x) const {
        V s{};
        for (uint32_t k = 0; k < w.columns; ++k) s += w.w[size_t(row) * w.columns + k] * x[k];
        return s;
    }
    static void mask(std::vector<V>& x, const std::vector<V>& m) {
        for (size_t i = 0; i < m.size(); ++i) x[i] *= m[i];
    }
    void draw(uint32_t i) {
        if (!training) return;
        const Layer& l = layers_[i];
        if (!l.dropout_each_step) draw(i, l.dropout, layers_[i - 1].units, input_dropout, masks_[i].input);
        draw(i, l.recurrent_dropout, l.units, recurrent_dropout, masks_[i].state);
    }
    /// The input's mask of a step, where each has its own.
    void draw_step(uint32_t i, uint32_t t) {
        const Layer& l = layers_[i];
        if (training && l.dropout_each_step)
            draw(i, l.dropout, layers_[i - 1].units, input_dropout, masks_[i].input, batch_->steps, t);
    }
    void draw(uint32_t i, uint16_t share, uint32_t units, runnel::fixed::Stream stream, std::vector<V>& m,
              uint32_t masks = 1, uint32_t number = 0) {
        if (!share) return;
        m.resize(units);
        const uint32_t key = runnel::fixed::random_key(spec_.seed, update_count, stream, i - 1);
        for (uint32_t u = 0; u < units; ++u)
            for (int k = 0; k < lanes; ++k) {
                const uint32_t place = (at_ + uint32_t(k)) * masks + number;
                const uint32_t bits = runnel::fixed::random_bits(key, place * units + u) >> 16;
                T::lane(m[u], k) = bits < share ? R(0) : R(65536.0 / (65536.0 - share));
            }
    }
    static constexpr auto input_dropout = runnel::fixed::Stream::input_dropout;
    static constexpr auto recurrent_dropout = runnel::fixed::Stream::recurrent_dropout;

    std::vector<V> input(uint32_t i, uint32_t t) {
        const Layer& l = layers_[i - 1];
        if (i > 1) return values_[i - 1][t + 1].h;
        std::vector<V> x(l.kind == Kind::one_hot ? 0 : l.units);
        for (int k = 0; k < lanes; ++k)
            for (uint32_t j = 0; j < x.size(); ++j)
                T::lane(x[j], k) =
                    l.kind == Kind::embedding ? tensors[0].w[size_t(token(k, t)) * l.units + j]
                    : uint32_t(k) < used_
                        ? R(std::ldexp(double(batch_->features[(sequence(k) * batch_->steps + t) * l.units + j]),
                                       -l.state_bits))
                        : R(0);
        return x;
    }

    void step(uint32_t i, uint32_t t) {
        const Layer& l = layers_[i];
        const uint32_t n = l.units, rows = gates(l) * n;
        const size_t p = first_[i - 1];
        const Tensor<V>&w = tensors[p], &u = tensors[p + 1], &b = tensors[p + 2];
        const Step& before = values_[i][t];
        Step s;
        s.x = input(i, t);
        draw_step(i, t);
        mask(s.x, masks_[i].input);
        s.hm = before.h;
        mask(s.hm, masks_[i].state);
        std::vector<V> in(rows), rec(rows);
        for (uint32_t r = 0; r < rows; ++r) {
            in[r] = V{} + b.w[r];
            if (w.table)
                for (int k = 0; k < lanes; ++k) T::lane(in[r], k) += w.w[size_t(token(k, t)) * rows + r];
            else in[r] += dot(w, r, s.x);
            rec[r] = dot(u, r, s.hm);
            if (l.kind == Kind::gru) rec[r] += tensors[p + 3].w[r];
        }
        for (auto* v : {&s.h, &s.c, &s.a, &s.b, &s.d, &s.e, &s.q}) v->resize(n);
        for (uint32_t j = 0; j < n; ++j) {
            const Function g = l.recurrent_activation;
            if (l.kind == Kind::gru) {
                s.a[j] = apply(g, V(in[j] + rec[j]));
                s.b[j] = apply(g, V(in[n + j] + rec[n + j]));
                s.q[j] = rec[2 * n + j];
                s.d[j] = apply(Function::tanh, V(in[2 * n + j] + s.b[j] * s.q[j]));
                s.h[j] = s.d[j] + s.a[j] * (before.h[j] - s.d[j]);
            } else if (l.kind == Kind::lstm) {
                s.a[j] = apply(g, V(in[j] + rec[j]));
                s.b[j] = apply(g, V(in[n + j] + rec[n + j]));
                s.d[j] = apply(Function::tanh, V(in[2 * n + j] + rec[2 * n + j]));
                s.e[j] = apply(g, V(in[3 * n + j] + rec[3 * n + j]));
                s.c[j] = s.b[j] * before.c[j] + s.a[j] * s.d[j];
                s.q[j] = apply(Function::tanh, s.c[j]);
                s.h[j] = s.e[j] * s.q[j];
            } else {
                s.h[j] = apply(l.activation, V(in[j] + rec[j]));
            }
        }
        s.keep = V{} + 1;
        if (layers_[0].mask_zero && layers_[0].kind == Kind::embedding) {
            for (int k = 0; k < lanes; ++k) T::lane(s.keep, k) = token(k, t) != 0;
            for (uint32_t j = 0; j < n; ++j) {
                s.h[j] = before.h[j] + s.keep * (s.h[j] - before.h[j]);
                s.c[j] = before.c[j] + s.keep * (s.c[j] - before.c[j]);
            }
        }
        values_[i][t + 1] = std::move(s);
    }

    double losses(const std::vector<V>& y, std::vector<V>& error, uint32_t* correct) {
        const uint32_t n = layers_.back().units;
        const Function f = layers_.back().activation;
        error.assign(n, V{});
        answers_ = y;
        double loss = 0;
        for (int k = 0; k < lanes && uint32_t(k) < used_; ++k) {
            std::vector<double> p(n), target(n);
            for (uint32_t u = 0; u < n; ++u) {
                V v = y[u];
                p[u] = double(T::lane(v, k));
                target[u] = spec_.loss == Loss::sparse_categorical_crossentropy
                                ? uint32_t(batch_->targets[sequence(k)]) == u
                                : batch_->targets[sequence(k) * n + u] / 65536.0;
            }
            if (f == Function::softmax) {
                const double largest = *std::max_element(p.begin(), p.end());
                double sum = 0;
                for (double& v : p) sum += v = std::exp(v - largest);
                for (uint32_t u = 0; u < n; ++u) T::lane(answers_[u], k) = R(p[u] /= sum);
            }
            const auto best = std::max_element(p.begin(), p.end()) - p.begin();
            const auto wanted = std::max_element(target.begin(), target.end()) - target.begin();
            for (uint32_t u = 0; u < n; ++u) {
                double e = p[u] - target[u], term = 0;
                if (spec_.loss == Loss::binary_crossentropy) {
                    term = -(target[u] * std::log(std::fmax(p[u], 1e-12)) +
                             (1 - target[u]) * std::log(std::fmax(1 - p[u], 1e-12))) /
                           n;
                    e /= n;
                } else if (spec_.loss == Loss::mean_squared_error) {
                    term = e * e / n;
                    e *= 2.0 / n * slope<double>(f, p[u]);
                } else if (target[u] > 0) {
                    term = -target[u] * std::log(p[u]);
                }
                loss += term;
                T::lane(error[u], k) = R(e);
            }
            if (correct) *correct += n == 1 ? (p[0] >= 0.5) == (target[0] >= 0.5) : best == wanted;
        }
        return loss;
    }

    /// Adds the outer product of errors and inputs, lane by lane.
    void add(Tensor<V>& w, uint32_t row, V d, const std::vector<V>& x) {
        for (uint32_t k = 0; k < w.columns; ++k) w.lanes[size_t(row) * w.columns + k] += d * x[k];
    }
    void add_back(const Tensor<V>& w, uint32_t row, V d, std::vector<V>& x) {
        for (uint32_t k = 0; k < w.columns; ++k) x[k] += w.w[size_t(row) * w.columns + k] * d;
    }

    void backward(const std::vector<std::vector<V>>& inputs, const std::vector<std::vector<V>>& outputs,
                  std::vector<V> error) {
        for (uint32_t i = uint32_t(layers_.size()); i-- > recurrent_ + 1;) {
            Tensor<V>&w = tensors[first_[i - 1]], &b = tensors[first_[i - 1] + 1];
            const auto& x = inputs[i - recurrent_ - 1];
            std::vector<V> below(x.size());
            for (uint32_t u = 0; u < error.size(); ++u) {
                add(w, u, error[u], x);
                b.lanes[u] += error[u];
                add_back(w, u, error[u], below);
            }
            mask(below, masks_[i].input);
            if (i > recurrent_ + 1)
                for (uint32_t k = 0; k < below.size(); ++k)
                    below[k] *= slope(layers_[i - 1].activation, outputs[i - recurrent_ - 2][k]);
            error = below;
        }
        const uint32_t steps = batch_->steps,
                       last = spec_.truncate && spec_.truncate < steps ? steps - spec_.truncate : 0;
        std::vector<std::vector<V>> h(layers_.size()), c(layers_.size());
        for (uint32_t i = 1; i <= recurrent_; ++i) h[i] = c[i] = std::vector<V>(layers_[i].units);
        h[recurrent_] = error;
        for (uint32_t t = steps; t-- > last;)
            for (uint32_t i = recurrent_; i >= 1; --i) back(i, t, h[i], c[i], i > 1 ? &h[i - 1] : nullptr);
    }

    void back(uint32_t i, uint32_t t, std::vector<V>& dh, std::vector<V>& dc, std::vector<V>* below) {
        const Layer& l = layers_[i];
        const uint32_t n = l.units, rows = gates(l) * n;
        const size_t p = first_[i - 1];
        Tensor<V>&w = tensors[p], &u = tensors[p + 1], &b = tensors[p + 2];
        const Step &s = values_[i][t + 1], &before = values_[i][t];
        std::vector<V> in(rows), rec(rows), dh_before(n), dc_before(n), dropped(n), dx(s.x.size());
        const Function g = l.recurrent_activation;
        for (uint32_t j = 0; j < n; ++j) {
            const V d = dh[j] * s.keep;
            dh_before[j] = dh[j] - d;
            if (l.kind == Kind::gru) {
                dh_before[j] += d * s.a[j];
                const V dn = d * (1 - s.a[j]) * (1 - s.d[j] * s.d[j]);
                in[j] = rec[j] = d * (before.h[j] - s.d[j]) * slope(g, s.a[j]);
                in[n + j] = rec[n + j] = dn * s.q[j] * slope(g, s.b[j]);
                in[2 * n + j] = dn;
                rec[2 * n + j] = dn * s.b[j];
            } else if (l.kind == Kind::lstm) {
                const V e = dc[j] * s.keep + d * s.e[j] * (1 - s.q[j] * s.q[j]);
                in[j] = e * s.d[j] * slope(g, s.a[j]);
                in[n + j] = e * before.c[j] * slope(g, s.b[j]);
                in[2 * n + j] = e * s.a[j] * (1 - s.d[j] * s.d[j]);
                in[3 * n + j] = d * s.q[j] * slope(g, s.e[j]);
                dc_before[j] = dc[j] * (1 - s.keep) + e * s.b[j];
            } else {
                in[j] = d * slope(l.activation, s.h[j]);
            }
        }
        if (l.kind != Kind::gru) rec = in;
        for (uint32_t r = 0; r < rows; ++r) {
            b.lanes[r] += in[r];
            if (l.kind == Kind::gru) tensors[p + 3].lanes[r] += rec[r];
            add(u, r, rec[r], s.hm);
            add_back(u, r, rec[r], dropped);
            if (w.table) {
                for (int k = 0; k < lanes && uint32_t(k) < used_; ++k) {
                    w.g[size_t(token(k, t)) * rows + r] += T::lane(in[r], k);
                    w.touched[token(k, t)] = true;
                }
                continue;
            }
            add(w, r, in[r], s.x);
            add_back(w, r, in[r], dx);
        }
        mask(dropped, masks_[i].state);
        for (uint32_t j = 0; j < n; ++j) dh[j] = dh_before[j] + dropped[j];
        dc = dc_before;
        draw_step(i, t);
        mask(dx, masks_[i].input);
        if (below)
            for (uint32_t j = 0; j < dx.size(); ++j) (*below)[j] += dx[j];
        else if (layers_[0].kind == Kind::embedding)
            for (int k = 0; k < lanes && uint32_t(k) < used_; ++k) {
                tensors[0].touched[token(k, t)] = true;
                for (uint32_t j = 0; j < dx.size(); ++j)
                    tensors[0].g[size_t(token(k, t)) * dx.size() + j] += T::lane(dx[j], k);
            }
    }

    Specification spec_;
    std::vector<Layer> layers_;
    std::vector<size_t> first_;  ///< first tensor of layer i + 1
    uint32_t recurrent_ = 0;
    const Batch* batch_ = nullptr;
    uint32_t at_ = 0, used_ = 0;
    std::vector<std::vector<Step>> values_;
    std::vector<Masks> masks_;
    std::vector<V> answers_;
};

}  // namespace twin
