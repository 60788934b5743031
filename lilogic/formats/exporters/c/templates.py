"""The texts of header and source; names begin with ``net_`` or ``NET_``, see ``names.named``."""

from __future__ import annotations

from string import Template

HEADER = Template("""\
/* A classifier of two-input logic gates, made by lilogic $version.
 *
 * It reads $inputs bits and gives $classes scores; the class is the first one with the highest
 * score. $word samples are evaluated at once, where bit s of each word belongs to sample s, or one
 * alone, which takes less memory.
 *
 * Build:  cc -O3 -c $stem.c        (or c++: the source is C99 and C++17)
 * Test:   cc -O3 -DLILOGIC_SELF_TEST $stem.c -o test && ./test
 * Where flash is short: -Os -ffunction-sections, and -Wl,--gc-sections for the linker, which then
 * leaves out what is not called.
 *
 * No state, no allocation, no dependencies; every function is reentrant.
 * RAM: no variables. The caller's words (bits) take $bytes bytes.
$static * Stack in bytes, of which $calls are for calls and registers:
$stack
 */
#ifndef NET_CLASSIFIER_H
#define NET_CLASSIFIER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NET_INPUTS $inputs
#define NET_CLASSES $classes
#define NET_GATES $gates

/* Samples that share a word. */
#define NET_SAMPLES $word
typedef uint${word}_t net_word;

/* Scores of NET_SAMPLES samples.
 * bits: NET_INPUTS words; word i holds input bit i of all samples.
 * scores: scores[s][c] is the score of class c for sample s. */
void net_scores(const net_word bits[NET_INPUTS], int32_t scores[NET_SAMPLES][NET_CLASSES]);

/* Classes of NET_SAMPLES samples; arguments as above. */
void net_classify(const net_word bits[NET_INPUTS], int32_t classes[NET_SAMPLES]);

/* The words that net_scores reads, of samples with one byte for each input bit (0 or not).
 * samples: samples[s * NET_INPUTS + i] is input bit i of sample s.
 * count: 1 to NET_SAMPLES; the other samples of the words are all zeros. */
void net_pack(const uint8_t *samples, int count, net_word bits[NET_INPUTS]);
$declaration
/* Scores and class of one sample. These read $one. */
void net_scores_one($sample, int32_t scores[NET_CLASSES]);
int32_t net_classify_one($sample);

$short#ifdef __cplusplus
}
#endif

#endif
""")

SHORT_NAMES = """\
/* The same without a network's name, for programs with a single one; of several, the first. */
#ifndef LILOGIC_INPUTS
#define LILOGIC_INPUTS NET_INPUTS
#define LILOGIC_CLASSES NET_CLASSES
#define LILOGIC_GATES NET_GATES
#define lilogic_scores net_scores
#define lilogic_classify net_classify
#define lilogic_pack net_pack
#endif

"""

SOURCE = Template("""\
/* Made by lilogic $version; $stem.h says what this is. */
#include "$stem.h"

#include <stddef.h>
$checks
#define NET_SLOTS $slots
#define NET_COUNTED $counted
#define NET_PLANES $planes
#define NET_ONES ((net_word)-1)

$functions
$single
void net_scores_one($sample, int32_t scores[NET_CLASSES])
{
    uint8_t v[NET_SLOTS];
$prepare
    for (int32_t c = 0; c < NET_CLASSES; c++)
        scores[c] = net_single(c, $arguments, v);
}

int32_t net_classify_one($sample)
{
    uint8_t v[NET_SLOTS];
$prepare
    int32_t best = net_single(0, $arguments, v), class_ = 0;
    for (int32_t c = 1; c < NET_CLASSES; c++) {
        const int32_t score = net_single(c, $arguments, v);
        if (score > best) {
            best = score;
            class_ = c;
        }
    }
    return class_;
}

$block
/* The scores of a class; as for net_block, classes come in order. */
static void net_class(int32_t which, const net_word *x, net_word *v, int32_t score[NET_SAMPLES])
{
    net_word c[NET_COUNTED], plane[NET_PLANES] = {0};
    const int32_t start = net_block(which, x, v, c, plane);
    for (int s = 0; s < NET_SAMPLES; s++) {
        int32_t n = 0;
        for (int p = 0; p < NET_PLANES; p++)
            n += (int32_t)(plane[p] >> s & 1) << p;
        score[s] = start + n;
    }
}

void net_scores(const net_word bits[NET_INPUTS], int32_t scores[NET_SAMPLES][NET_CLASSES])
{
    net_word v[NET_SLOTS];
    int32_t score[NET_SAMPLES];
    for (int32_t c = 0; c < NET_CLASSES; c++) {
        net_class(c, bits, v, score);
        for (int s = 0; s < NET_SAMPLES; s++)
            scores[s][c] = score[s];
    }
}

void net_classify(const net_word bits[NET_INPUTS], int32_t classes[NET_SAMPLES])
{
    net_word v[NET_SLOTS];
    int32_t score[NET_SAMPLES], best[NET_SAMPLES];
    for (int32_t c = 0; c < NET_CLASSES; c++) {
        net_class(c, bits, v, score);
        for (int s = 0; s < NET_SAMPLES; s++)
            if (c == 0 || score[s] > best[s]) {
                best[s] = score[s];
                classes[s] = c;
            }
    }
}

void net_pack(const uint8_t *samples, int count, net_word bits[NET_INPUTS])
{
    for (int32_t i = 0; i < NET_INPUTS; i++) {
        bits[i] = 0;
        for (int s = 0; s < count; s++) {
            const net_word bit = samples[(size_t)s * NET_INPUTS + (size_t)i] != 0;
            bits[i] = (net_word)(bits[i] | bit << s);
        }
    }
}
""")

SELF_TEST = Template("""
#ifdef LILOGIC_SELF_TEST
#include <stdio.h>

/* What lilogic's software inference gives for random samples. */
static const int32_t net_expected[NET_SAMPLES][NET_CLASSES] = {
$rows
};

int main(void)
{
    static $ctype samples[NET_SAMPLES * $length];
    static net_word bits[NET_INPUTS];
    static int32_t scores[NET_SAMPLES][NET_CLASSES], one[NET_CLASSES];
    int32_t classes[NET_SAMPLES], wrong = 0;
    uint64_t x = UINT64_C($seed);
    for (int32_t i = 0; i < NET_SAMPLES * $length; i++) { /* xorshift64 */
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        samples[i] = $value;
    }
    $pack(samples, NET_SAMPLES, bits);
    net_scores(bits, scores);
    net_classify(bits, classes);
    for (int s = 0; s < NET_SAMPLES; s++) {
        const $ctype *sample = samples + (size_t)s * $length;
        int32_t best = 0;
        net_scores_one(sample, one);
        for (int c = 0; c < NET_CLASSES; c++) {
            wrong += scores[s][c] != net_expected[s][c] || one[c] != net_expected[s][c];
            if (net_expected[s][c] > net_expected[s][best])
                best = c;
        }
        wrong += classes[s] != best || net_classify_one(sample) != best;
    }
    if (wrong)
        printf("%ld results are wrong\\n", (long)wrong);
    else
        printf("%d samples, all as expected\\n", NET_SAMPLES);
    return wrong != 0;
}
#endif
""")
