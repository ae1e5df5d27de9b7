#include "fixed_learner.hpp"

#include <new>
#include <stdexcept>

namespace runnel {
namespace {

constexpr std::align_val_t alignment{64};

}  // namespace

void check(training::Status status) {
    if (status != training::Status::ok) throw std::runtime_error(training::message(status));
}

void FixedLearner::Free::operator()(unsigned char* block) const { ::operator delete[](block, alignment); }

FixedLearner::FixedLearner(const training::Specification& spec) {
    check(training::Trainer::bytes(spec, bytes_));
    block_.reset(new (alignment) unsigned char[bytes_]);
    check(training::Trainer::create(spec, block_.get(), bytes_, trainer_));
}

void FixedLearner::train(const training::Batch& batch, training::Result& result) {
    training::Result own;
    check(trainer_->train(batch, own));
    result.loss += own.loss;
    result.count += own.count;
    result.correct += own.correct;
}

void FixedLearner::evaluate(const training::Batch& batch, training::Result& result) {
    check(trainer_->evaluate(batch, result));
}

std::vector<unsigned char> FixedLearner::saved() const {
    std::vector<unsigned char> bytes(trainer_->saved_bytes());
    trainer_->save(bytes.data());
    return bytes;
}

}  // namespace runnel
