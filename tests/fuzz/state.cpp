// A saved state, of the model that the first byte chooses. What binds it to the model is made to fit, unless the byte's
// highest bit says otherwise.
#include "specimens.hpp"

using namespace runnel;

namespace {

void restore(const fuzz::Specimen& specimen, const test::Block& state, std::size_t size, bool bound) {
    const Model& model = specimen.model();
    const test::Block block(Session::bytes(model));
    Session* session = nullptr;
    fuzz::require(Session::create(model, block.data(), block.size(), session) == Status::ok, "no session");
    fuzz::step(model, *session, 3);
    std::vector<unsigned char> saved(session->state_bytes());
    fuzz::require(session->save_state(saved.data(), saved.size()) == Status::ok, "a state cannot be saved");
    constexpr std::size_t head = 16;
    if (bound) {
        const std::size_t common = size < saved.size() ? size : saved.size();
        if (common > head) std::memcpy(saved.data() + head, state.data() + head, common - head);
        size = saved.size();
    } else {
        saved.assign(state.data(), state.data() + size);
    }
    const test::Block exact = fuzz::copied(saved.data(), size);
    const std::vector<float> before = fuzz::answer(*session);
    if (session->restore_state(exact.data(), size) == Status::ok) {
        std::vector<unsigned char> again(session->state_bytes());
        fuzz::require(session->save_state(again.data(), again.size()) == Status::ok, "a state cannot be saved");
        fuzz::require(again == saved, "the state is not the one that was restored");
    } else {
        fuzz::require(fuzz::same(fuzz::answer(*session), before), "a refused state changes the answer");
    }
    fuzz::answer(*session);
    for (unsigned t = 0; t < 3; ++t) {
        fuzz::step(model, *session, t);
        fuzz::answer(*session);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto models = fuzz::specimens(fuzz::stateful_files());
    if (size == 0) return 0;
    restore(models[data[0] % 128 % models.size()], fuzz::copied(data + 1, size - 1), size - 1, data[0] < 128);
    return 0;
}
