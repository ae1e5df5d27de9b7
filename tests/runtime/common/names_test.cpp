#include "common/names.hpp"

#include <doctest/doctest.h>
#include <vector>

using namespace runnel;

TEST_CASE("Keras' names of losses: functions, classes and the short ones") {
    // The functions and classes of https://keras.io/api/losses that there is a formula for.
    for (const char* name : {"binary_crossentropy", "BinaryCrossentropy", "bce", "BCE"})
        CHECK(loss_named(name) == Loss::bce);
    for (const char* name : {"categorical_crossentropy", "CategoricalCrossentropy", "sparse_categorical_crossentropy",
                             "SparseCategoricalCrossentropy", "categorical"})
        CHECK(loss_named(name) == Loss::categorical);
    for (const char* name : {"mean_squared_error", "MeanSquaredError", "mse", "MSE"})
        CHECK(loss_named(name) == Loss::mse);
    for (const char* name : {"mean_absolute_error", "MeanAbsoluteError", "mae", "MAE"})
        CHECK(loss_named(name) == Loss::mae);
    for (const Loss loss : {Loss::bce, Loss::categorical, Loss::mse, Loss::mae})
        CHECK(loss_named(loss_name(loss)) == loss);
}

TEST_CASE("a name is near to another by at most two letters, and by fewer than half of them") {
    const std::vector<std::string> known{"run", "eval", "--output", "--every-step", "-o"};
    const auto near = [&](const char* name) { return nearest(name, known); };
    for (const char* name : {"run", "rnu", "rum", "runn", "ru"}) CHECK(near(name) == "run");
    for (const char* name : {"--ouput", "--ouptut", "--outputs", "--uotptu", "--Output", "-output"})
        CHECK(near(name) == "--output");
    CHECK(near("--every_stp") == "--every-step");
    for (const char* name : {"walk", "r", "ruins", "--opt", "--outputting", "", "x"}) CHECK(near(name) == "");
    CHECK(near(std::string(1 << 20, 'x').c_str()) == "");
}

TEST_CASE("Keras' names of optimizers") {
    for (const char* name : {"sgd", "SGD", "Sgd"}) CHECK(optimizer_named(name) == training::Optimizer::sgd);
    for (const char* name : {"rmsprop", "RMSprop", "RMSProp"})
        CHECK(optimizer_named(name) == training::Optimizer::rmsprop);
    for (const char* name : {"adam", "Adam"}) CHECK(optimizer_named(name) == training::Optimizer::adam);
}

TEST_CASE("an unknown name lists the known ones") {
    for (const char* name : {"hinge", "", "7", "2", "binary", "mse2", "_"})
        CHECK_THROWS_WITH(loss_named(name), doctest::Contains("is none of these: binary_crossentropy, "
                                                              "categorical_crossentropy, "
                                                              "sparse_categorical_crossentropy, mean_squared_error, "
                                                              "mean_absolute_error, bce, categorical, mse, mae"));
    CHECK_THROWS_WITH(optimizer_named("Adamax"), "\"Adamax\" is none of these: sgd, rmsprop, adam");
    const std::string quoted = '"' + std::string(80, 'x') + "...\"";
    CHECK_THROWS_WITH(optimizer_named(std::string(1 << 20, 'x')), doctest::Contains(quoted.c_str()));
}

TEST_CASE("of many names the first are listed, and of a long one its beginning") {
    CHECK(listed({}) == "");
    CHECK(listed(std::vector<std::string>{"a", std::string(1 << 20, 'v')}) == "a, " + std::string(80, 'v') + "...");
    const std::string text = listed(std::vector<std::string>(1000, "a"));
    CHECK(text.starts_with("a, a, "));
    CHECK(text.ends_with(", a, ..."));
    CHECK(text.size() < 120);
}
