// A model in a microcontroller: it answers to a sentence, learns from it once, and answers again. No heap, no C++
// library, no system; integers everywhere but in the answer's one division.
#include <runnel/fixed_model.hpp>

#include "model.h"
#include "semihosting.hpp"
#include "startup.hpp"

namespace {

using namespace runnel;
using semihosting::print;

/// All memory that Runnel gets. What the converter did not write down is asked for below.
alignas(64) unsigned char session_block[imdb_gru_session_bytes];
alignas(64) unsigned char trainer_block[19 * 1024];
alignas(64) unsigned char changed_block[256];
unsigned char saved[18 * 1024], patch[256];
Model model;

// "One of the best films I have seen.", by the model's vocabulary.
constexpr uint16_t review[] = {1, 31, 7, 4, 118, 108, 13, 28, 110};
constexpr uint32_t steps = sizeof review / sizeof *review;

[[noreturn]] void fail(const char* what, const char* why) {
    print(what), print(": "), print(why), print("\n");
    semihosting::end(false);
}
void check(const char* what, Status status) {
    if (status != Status::ok) fail(what, message(status));
}
void check(const char* what, training::Status status) {
    if (status != training::Status::ok) fail(what, training::message(status));
}

/// The model's answer to the review, in millionths.
uint32_t answer(Session& session) {
    session.reset();
    for (const uint16_t token : review) check("step", session.step(token));
    return uint32_t(session.output()[0] * 1e6f + 0.5f);
}

/// One step of gradient descent on the Dense layer: this review was a good one. Writes the patch; returns its size.
size_t learn(const uint8_t (&hash)[32]) {
    const FixedNetwork network = fixed_network(model);
    const training::Specification specification = {.layers = network.layers,
                                                   .layer_count = network.layer_count,
                                                   .steps = steps,
                                                   .scope = training::Scope::head,
                                                   .learning_rate = training::fraction<28>(0.01),
                                                   .weight_bits = network.weight_bits};
    size_t bytes = 0;
    check("trainer", training::Trainer::bytes(specification, bytes));
    print("trainer_bytes", bytes);
    training::Trainer* trainer;
    check("trainer", training::Trainer::create(specification, trainer_block, sizeof trainer_block, trainer));
    check("parameters", load_parameters(model, *trainer));
    if (trainer->saved_bytes() > sizeof saved) fail("saved", "too small");
    trainer->save(saved);

    const int32_t good = 1 << 16;
    training::Result result;
    check("train", trainer->train({.tokens = review, .targets = &good, .count = 1, .steps = steps}, result));
    const size_t size = trainer->patch_bytes(saved);
    check("patch", trainer->write_patch(saved, hash, patch, sizeof patch));
    return size;
}

}  // namespace

int main() {
    check("load", model.load(imdb_gru, imdb_gru_size));
    print("model_bytes", imdb_gru_size);
    print("session_bytes", Session::bytes(model));
    Session* session;
    check("session", Session::create(model, session_block, sizeof session_block, session));
    print("answer", answer(*session));
    print("stack_to_infer", stack_used());

    uint8_t hash[32];
    training::hash_model(imdb_gru, imdb_gru_size, hash);
    const size_t size = learn(hash);
    print("patch_bytes", size);
    size_t changed = 0;
    check("patch", session->patch_bytes(patch, size, changed));
    print("changed_bytes", changed);
    check("patch", session->apply_patch(patch, size, changed_block, sizeof changed_block));
    print("answer_after_learning", answer(*session));
    print("stack_to_learn", stack_used());
    semihosting::end(true);
}
