#include "history.hpp"

#include <doctest/doctest.h>

#include "epochs.hpp"

using namespace runnel;
using namespace runnel::test;

TEST_CASE("the history has the columns that the training has") {
    CHECK(history_csv(validated, true) == "epoch,loss,accuracy,val_loss,val_accuracy,seconds\n"
                                          "1,0.5,0.75,0.625,0.5,1.5\n"
                                          "2,0.25,1,0.5,0.75,2\n");
    CHECK(history_csv(validated, false) == "epoch,loss,val_loss,seconds\n1,0.5,0.625,1.5\n2,0.25,0.5,2\n");
    CHECK(history_csv(plain, false) == "epoch,loss,seconds\n1,0.5,1.5\n");
    CHECK(history_csv({}, true) == "epoch,loss,accuracy,seconds\n");
}
