#include <cstring>
#include <new>

#include "base/checksum.hpp"
#include "layers/list.hpp"
#include "plan.hpp"

namespace runnel {
namespace {

const char* const messages[] = {
    "ok",
    "the memory does not lie at a multiple of 64 bytes",
    "this is not a Runnel model",
    "the file is damaged: it was truncated or changed after it was written",
    "the model was written in a later format version than this runtime knows: update Runnel",
    "a layer of the model contradicts itself or its neighbours",
    "the model has too many layers",
    "this build has no instruction set of that name",
    "this CPU lacks that instruction set",
    "the block of memory is too small",
    "the model does not take this kind of input",
    "the token id is not smaller than the number of tokens",
    "the number of features is not what the model takes",
    "a feature is NaN or infinite",
    "the saved state belongs to another model or is damaged",
    "a batch takes one input for each of its streams, of which there is at least one",
    "the model's weights are not fixed, and only such models take patches",
    "this is no patch of the model, or it is damaged",
    "the patch belongs to another model",
    "this build of Runnel leaves out the number format or the cell of a layer (RUNNEL_FORMATS, RUNNEL_CELLS)",
    "the model has not been loaded",
    "there is not enough memory",
    "a window has no steps, or no hop",
};
static_assert(sizeof messages / sizeof *messages == std::size_t(Status::wrong_window) + 1);

constexpr std::size_t smallest_file = 16;

/// Where in the file the 8 bytes of the checksum lie; `size` if they are left out.
std::size_t checksum_position(const schema::Model& model, const unsigned char* bytes, std::size_t size) {
    const auto* field = reinterpret_cast<const flatbuffers::Table&>(model).GetAddressOf(schema::Model::VT_CHECKSUM);
    return field ? std::size_t(field - bytes) : size;
}

const char* text(const flatbuffers::String* s) { return s ? s->c_str() : ""; }

/// The entry of a list of names that may be absent, or "".
const char* entry(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* names, std::uint32_t index) {
    return names && index < names->size() ? text(names->Get(index)) : "";
}

PortInfo port(const flatbuffers::Vector<flatbuffers::Offset<schema::Port>>* ports, std::uint32_t index) {
    if (!ports || index >= ports->size()) return {};
    PortInfo info{.name = text(ports->Get(index)->name()), .first = 0, .count = ports->Get(index)->width()};
    for (std::uint32_t i = 0; i < index; ++i) info.first += ports->Get(i)->width();
    return info;
}

/// The ranges of a fixed model's layer; `first`: it takes the model's input.
void describe_ranges(const schema::Layer& layer, bool first, LayerInfo& info) {
    constexpr auto range = [](int bits) { return 32767.0f / float(1 << bits); };
    if (const auto* d = layer.kind_as_Dense(); d && first) info.input_range = range(d->input_bits());
    if (const auto* a = layer.kind_as_Activate(); a && first) info.input_range = range(a->input_bits());
    const auto* r = layer.kind_as_Recurrent();
    if (!r) return;
    if (first && !r->one_hot()) info.input_range = range(r->input_bits());
    info.state_range = range(r->state_bits());
}

}  // namespace

const char* message(Status status) noexcept {
    return std::size_t(status) < sizeof messages / sizeof *messages ? messages[std::size_t(status)] : "unknown status";
}

const char* version() noexcept { return RUNNEL_VERSION; }

const char* const* isas() noexcept { return available_names(); }

Status Model::load(const void* bytes, std::size_t size, const char* isa) noexcept {
    static_assert(sizeof(Plan) <= sizeof plan_);
    Plan& plan = *new (plan_) Plan{};
    plan.failed_layer = -1;
    plan.failed_layer_name = "";

    bool known_isa;
    plan.kernels = find_kernels(isa, known_isa);
    if (!plan.kernels) return known_isa ? Status::unavailable_isa : Status::unknown_isa;
    plan.fixed_kernels = fixed::find_kernels(plan.kernels->name, known_isa);

    const auto* file = static_cast<const unsigned char*>(bytes);
    if (!file || size < smallest_file || size > FLATBUFFERS_MAX_BUFFER_SIZE || !schema::ModelBufferHasIdentifier(file))
        return Status::not_a_model;
    if (reinterpret_cast<std::uintptr_t>(file) % 64) return Status::misaligned;
    flatbuffers::Verifier verifier(file, size);
    if (!schema::VerifyModelBuffer(verifier)) return Status::damaged;
    const schema::Model& model = *schema::GetModel(file);
    if (model.format_version() > format_version) return Status::too_new;
    if (checksum(file, size, checksum_position(model, file, size)) != model.checksum()) return Status::damaged;

    const Status status = make_plan(model, plan);
    if (status == Status::ok) plan.file = &model, plan.bytes = file, plan.file_bytes = size;
    return status;
}

const Plan& plan_of(const Model& model) noexcept { return *std::launder(reinterpret_cast<const Plan*>(model.plan_)); }

// A plan that has never been loaded is all zeros.
int Model::failed_layer() const noexcept {
    const Plan& plan = plan_of(*this);
    return plan.failed_layer_name ? plan.failed_layer : -1;
}
const char* Model::failed_layer_name() const noexcept {
    const char* name = plan_of(*this).failed_layer_name;
    return name ? name : "";
}

ModelInfo Model::info() const noexcept {
    const Plan& plan = plan_of(*this);
    if (!plan.file) return {};
    const schema::Metadata& m = *plan.file->metadata();
    ModelInfo info{
        .takes_tokens = plan.input.takes_tokens,
        .inputs = plan.input.width,
        .outputs = plan.outputs,
        .returns_sequence = plan.file->returns_sequence(),
        .layers = plan.file->layers()->size(),
        .parameters = 0,
        .weight_bytes = 0,
        .file_bytes = plan.file_bytes,
        .words = m.vocabulary() ? m.vocabulary()->size() : 0,
        .labels = m.labels() ? m.labels()->size() : 0,
        .start_token = m.start_token(),
        .unknown_token = m.unknown_token(),
        .sequence_length = m.sequence_length(),
        .source_name = text(m.source_name()),
        .source_sha256 = text(m.source_sha256()),
        .source_framework = text(m.source_framework()),
        .converter_version = text(m.converter_version()),
        .isa = plan.kernels->name,
        .input_ports = plan.file->inputs() ? plan.file->inputs()->size() : 0,
        .output_ports = plan.file->outputs() ? plan.file->outputs()->size() : 0,
        .wait = plan.fixed ? 0 : plan.layers[plan.count - 1].wait,
    };
    for (std::uint32_t i = 0; i < info.layers; ++i) {
        const LayerInfo l = layer(i);
        info.parameters += l.parameters, info.weight_bytes += l.weight_bytes;
    }
    return info;
}

LayerInfo Model::layer(std::uint32_t index) const noexcept {
    const schema::Model* file = plan_of(*this).file;
    if (!file || index >= file->layers()->size()) return {};
    const schema::Layer& l = *file->layers()->Get(index);
    LayerInfo info{.name = text(l.name()), .parameters = l.parameters()};
    info.sources = l.inputs() ? l.inputs()->size() : 1;
    Layers::with(l.kind_type(), [&]<class L> { L::describe(*l.kind_as<typename L::Table>(), info); });
    if (plan_of(*this).fixed) {
        const bool masks = file->layers()->Get(0)->kind_type() == schema::Kind::Masking;
        describe_ranges(l, index == (masks ? 1 : 0), info);
    }
    return info;
}

const char* Model::word(std::uint32_t token) const noexcept {
    const schema::Model* file = plan_of(*this).file;
    return file ? entry(file->metadata()->vocabulary(), token) : "";
}

const char* Model::label(std::uint32_t index) const noexcept {
    const schema::Model* file = plan_of(*this).file;
    return file ? entry(file->metadata()->labels(), index) : "";
}

PortInfo Model::input_port(std::uint32_t index) const noexcept {
    const schema::Model* file = plan_of(*this).file;
    return file ? port(file->inputs(), index) : PortInfo();
}

PortInfo Model::output_port(std::uint32_t index) const noexcept {
    const schema::Model* file = plan_of(*this).file;
    return file ? port(file->outputs(), index) : PortInfo();
}

std::uint32_t Model::source(std::uint32_t layer, std::uint32_t index) const noexcept {
    const schema::Model* file = plan_of(*this).file;
    if (!file || layer >= file->layers()->size()) return 0;
    const auto* sources = file->layers()->Get(layer)->inputs();
    if (!sources) return index == 0 ? layer : 0;
    return index < sources->size() ? sources->Get(index) : 0;
}

}  // namespace runnel
