/* usage: c_program MODEL FEATURES: README.md's example over one step of that many features of 0.5. */
#include <runnel/runnel.h>
#include <stdio.h>
#include <stdlib.h>

int answer(const void* file, size_t size, const float* features, size_t count, float* first_output);

static _Alignas(64) unsigned char file[1 << 18];
static float features[64];

int main(int argc, char** argv) {
    FILE* model = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (!model) return 2;
    const size_t size = fread(file, 1, sizeof file, model);
    const size_t count = (size_t)atoi(argv[2]);
    for (size_t i = 0; i < count && i < 64; ++i) features[i] = 0.5f;
    float output = 0;
    const int status = answer(file, size, features, count, &output);
    printf("%.7g\n", output);
    if (status) fprintf(stderr, "%s\n", runnel_message((runnel_status)status));
    return status != 0;
}
