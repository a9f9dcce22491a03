/* Checking SM2 signatures (GB/T 32918.2, 7.1) on 64-bit machines: sG + tQ, nothing else.
 *
 * VERIFICATION ONLY. Everything here takes a time that depends on its input, which is harmless for public
 * values and would give a private key away. There is no signing in this file, and there must be none.
 *
 * The library keeps no state and allocates nothing: tables lie in memory of the caller (sm2_native.py), so
 * any number of threads may call at once. Numbers are four limbs, the least first; those of the field are
 * kept in Montgomery's form (times 2^256 mod p), always below p.
 *
 * Points being added up are (X, Y, ZZ, ZZZ) with x = X/ZZ, y = Y/ZZZ, ZZ^3 = ZZZ^2; ZZ = 0 is infinity.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#ifndef __SIZEOF_INT128__
#error "needs a compiler with 128-bit integers"
#endif
__extension__ typedef unsigned __int128 wide;

#if defined(__GNUC__)
#define PUBLIC __attribute__((visibility("default")))
#else
#define PUBLIC
#endif

enum { INTERFACE = 1, BITS = 256, WIDEST = 8, NAF_WIDTH = 5, NAF_ROWS = 1 << (NAF_WIDTH - 2) };

typedef uint64_t number[4];
typedef struct { number x, y; } affine;
typedef struct { number x, y, zz, zzz; } point;

static const number P = {0xffffffffffffffffu, 0xffffffff00000000u, 0xffffffffffffffffu, 0xfffffffeffffffffu};
static const number N = {0x53bbf40939d54123u, 0x7203df6b21c6052bu, 0xffffffffffffffffu, 0xfffffffeffffffffu};
static const number ZERO = {0, 0, 0, 0};
/* 2^256 and 2^512 mod p: one, and what brings a number into Montgomery's form. */
static const number ONE = {0x0000000000000001u, 0x00000000ffffffffu, 0x0000000000000000u, 0x0000000100000000u};
static const number SQUARE = {0x0000000200000003u, 0x00000002ffffffffu, 0x0000000100000001u,
                              0x0000000400000002u};
/* The curve's b and its base point, as the standard writes them. */
static const number B = {0xddbcbd414d940e93u, 0xf39789f515ab8f92u, 0x4d5a9e4bcf6509a7u, 0x28e9fa9e9d9f5e34u};
static const affine G = {
    {0x715a4589334c74c7u, 0x8fe30bbff2660be1u, 0x5f9904466a39c994u, 0x32c4ae2c1f198119u},
    {0x02df32e52139f0a0u, 0xd0a9877cc62a4740u, 0x59bdcee36b692153u, 0xbc3736a2f4f6779cu}};

/* ---- numbers ---- */

/* a + b + carry and a - b - borrow; compilers see the machine's own chains only through their own names. */
#if defined(__x86_64__)
static inline uint64_t plus(uint64_t *out, uint64_t a, uint64_t b, uint64_t carry) {
    unsigned long long found;
    carry = _addcarry_u64((unsigned char)carry, a, b, &found);
    *out = found;
    return carry;
}

static inline uint64_t minus(uint64_t *out, uint64_t a, uint64_t b, uint64_t borrow) {
    unsigned long long found;
    borrow = _subborrow_u64((unsigned char)borrow, a, b, &found);
    *out = found;
    return borrow;
}
#else
static inline uint64_t plus(uint64_t *out, uint64_t a, uint64_t b, uint64_t carry) {
    wide found = (wide)a + b + carry;
    *out = (uint64_t)found;
    return (uint64_t)(found >> 64);
}

static inline uint64_t minus(uint64_t *out, uint64_t a, uint64_t b, uint64_t borrow) {
    wide found = (wide)a - b - borrow;
    *out = (uint64_t)found;
    return (uint64_t)(found >> 64) & 1;
}
#endif

static inline uint64_t add4(number out, const number a, const number b) {
    uint64_t carry = plus(&out[0], a[0], b[0], 0);
    carry = plus(&out[1], a[1], b[1], carry);
    carry = plus(&out[2], a[2], b[2], carry);
    return plus(&out[3], a[3], b[3], carry);
}

static inline uint64_t sub4(number out, const number a, const number b) {
    uint64_t borrow = minus(&out[0], a[0], b[0], 0);
    borrow = minus(&out[1], a[1], b[1], borrow);
    borrow = minus(&out[2], a[2], b[2], borrow);
    return minus(&out[3], a[3], b[3], borrow);
}

static int is_zero(const number a) { return (a[0] | a[1] | a[2] | a[3]) == 0; }

static int equal(const number a, const number b) {
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

static int below(const number a, const number limit) {
    number unused;
    return (int)sub4(unused, a, limit);
}

static void load(number out, const uint8_t *bytes) {
    for (int i = 0; i < 4; i++) {
        uint64_t limb = 0;
        for (int j = 0; j < 8; j++) limb = limb << 8 | bytes[8 * (3 - i) + j];
        out[i] = limb;
    }
}

/* A number with a carry above it, known to be below 2m, to below m. */
static inline void settle(number out, const number a, uint64_t over, const number m) {
    number less;
    uint64_t keep = 0 - (uint64_t)(sub4(less, a, m) > over); /* all ones: it was below m already */
    for (int i = 0; i < 4; i++) out[i] = less[i] ^ ((less[i] ^ a[i]) & keep);
}

/* a + b and a - b mod m, both below m. */
static inline void add_mod(number out, const number a, const number b, const number m) {
    number sum;
    uint64_t over = add4(sum, a, b);
    settle(out, sum, over, m);
}

static inline void sub_mod(number out, const number a, const number b, const number m) {
    number less, back;
    uint64_t mask = 0 - sub4(less, a, b);
    for (int i = 0; i < 4; i++) back[i] = m[i] & mask;
    add4(out, less, back);
}

/* ---- the field ---- */

static inline void add(number out, const number a, const number b) { add_mod(out, a, b, P); }
static inline void sub(number out, const number a, const number b) { sub_mod(out, a, b, P); }

/* One step of Montgomery's reduction, (low + m p) / 2^64. Because p = 2^256 - 2^224 - 2^96 + 2^64 - 1, the
 * factor m is the lowest limb itself, and m p is made of shifts. */
static inline void fold(uint64_t low[4]) {
    uint64_t m = low[0], left = m << 32, right = m >> 32, first, second, third, fourth;
    uint64_t borrow = minus(&first, m, left, 0);
    borrow = minus(&second, 0, right, borrow);
    borrow = minus(&third, 0, left, borrow);
    minus(&fourth, m, right, borrow);
    uint64_t carry = plus(&low[0], low[1], first, 0);
    carry = plus(&low[1], low[2], second, carry);
    carry = plus(&low[2], low[3], third, carry);
    low[3] = fourth + carry;
}

static inline void reduce(number out, uint64_t t[8]) {
    number sum;
    fold(t);
    fold(t);
    fold(t);
    fold(t);
    uint64_t over = add4(sum, t, t + 4);
    settle(out, sum, over, P);
}

/* t[0..4] += a b; returns what the fifth limb becomes. */
static inline void row(uint64_t *t, uint64_t a, const number b) {
    wide carry = (wide)a * b[0] + t[0];
    t[0] = (uint64_t)carry;
    carry = (wide)a * b[1] + t[1] + (uint64_t)(carry >> 64);
    t[1] = (uint64_t)carry;
    carry = (wide)a * b[2] + t[2] + (uint64_t)(carry >> 64);
    t[2] = (uint64_t)carry;
    carry = (wide)a * b[3] + t[3] + (uint64_t)(carry >> 64);
    t[3] = (uint64_t)carry;
    t[4] = (uint64_t)(carry >> 64);
}

static void mul(number out, const number a, const number b) {
    uint64_t t[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    row(t, a[0], b);
    row(t + 1, a[1], b);
    row(t + 2, a[2], b);
    row(t + 3, a[3], b);
    reduce(out, t);
}

static void sqr(number out, const number a) {
    uint64_t t[8];
    wide found = (wide)a[0] * a[1];
    t[1] = (uint64_t)found;
    found = (wide)a[0] * a[2] + (uint64_t)(found >> 64);
    t[2] = (uint64_t)found;
    found = (wide)a[0] * a[3] + (uint64_t)(found >> 64);
    t[3] = (uint64_t)found;
    t[4] = (uint64_t)(found >> 64);
    found = (wide)a[1] * a[2] + t[3];
    t[3] = (uint64_t)found;
    found = (wide)a[1] * a[3] + t[4] + (uint64_t)(found >> 64);
    t[4] = (uint64_t)found;
    found = (wide)a[2] * a[3] + (uint64_t)(found >> 64);
    t[5] = (uint64_t)found;
    t[6] = (uint64_t)(found >> 64);
    uint64_t carry = plus(&t[1], t[1], t[1], 0); /* each product of two limbs counts twice */
    carry = plus(&t[2], t[2], t[2], carry);
    carry = plus(&t[3], t[3], t[3], carry);
    carry = plus(&t[4], t[4], t[4], carry);
    carry = plus(&t[5], t[5], t[5], carry);
    t[7] = plus(&t[6], t[6], t[6], carry);
    wide first = (wide)a[0] * a[0], second = (wide)a[1] * a[1];
    wide third = (wide)a[2] * a[2], fourth = (wide)a[3] * a[3];
    t[0] = (uint64_t)first;
    carry = plus(&t[1], t[1], (uint64_t)(first >> 64), 0);
    carry = plus(&t[2], t[2], (uint64_t)second, carry);
    carry = plus(&t[3], t[3], (uint64_t)(second >> 64), carry);
    carry = plus(&t[4], t[4], (uint64_t)third, carry);
    carry = plus(&t[5], t[5], (uint64_t)(third >> 64), carry);
    carry = plus(&t[6], t[6], (uint64_t)fourth, carry);
    plus(&t[7], t[7], (uint64_t)(fourth >> 64), carry);
    reduce(out, t);
}

/* out = a^(2^times) b: the exponent moved up, and another one set below it. */
static void shift(number out, const number a, int times, const number b) {
    number found;
    memcpy(found, a, sizeof(number));
    for (int i = 0; i < times; i++) sqr(found, found);
    mul(out, found, b);
}

/* 1/a = a^(p-2); a is not zero. The exponent is 31 ones, 0, 128 ones, 32 zeros, 62 ones, 0, 1. */
static void invert(number out, const number a) {
    number two, four, eight, thirty, ones, found; /* as many ones as the name says; `ones` are 32 */
    shift(two, a, 1, a);
    shift(four, two, 2, two);
    shift(eight, four, 4, four);
    shift(ones, eight, 8, eight);
    shift(ones, ones, 8, eight);
    shift(ones, ones, 4, four);
    shift(thirty, ones, 2, two);
    shift(found, thirty, 1, a);
    shift(ones, found, 1, a);
    shift(found, found, 33, ones);
    for (int i = 0; i < 3; i++) shift(found, found, 32, ones);
    shift(found, found, 64, ones);
    shift(found, found, 30, thirty);
    shift(out, found, 2, a);
}

/* ---- points ---- */

static void twice(point *out, const point *a) {
    number u, v, w, s, m, t;
    if (is_zero(a->zz)) {
        *out = *a;
        return;
    }
    add(u, a->y, a->y); /* y is never 0: the group's order is odd */
    sqr(v, u);
    mul(w, u, v);
    mul(s, a->x, v);
    sub(m, a->x, a->zz);
    add(t, a->x, a->zz);
    mul(m, m, t);
    add(t, m, m);
    add(m, m, t); /* 3 (x - zz)(x + zz), since the curve's a is -3 */
    mul(w, w, a->y);
    mul(t, u, v);
    mul(out->zzz, t, a->zzz);
    mul(out->zz, v, a->zz);
    sqr(t, m);
    sub(t, t, s);
    sub(out->x, t, s);
    sub(t, s, out->x);
    mul(t, t, m);
    sub(out->y, t, w);
}

static void raise_affine(point *out, const affine *a, int negative) {
    memcpy(out->x, a->x, sizeof(number));
    if (negative) sub(out->y, ZERO, a->y);
    else memcpy(out->y, a->y, sizeof(number));
    memcpy(out->zz, ONE, sizeof(number));
    memcpy(out->zzz, ONE, sizeof(number));
}

/* sum += a, or sum -= a. All cases: either infinite, equal, opposite. */
static void accumulate(point *sum, const affine *a, int negative) {
    number p, r, pp, q, t, own;
    if (is_zero(sum->zz)) {
        raise_affine(sum, a, negative);
        return;
    }
    mul(p, a->x, sum->zz);
    sub(p, p, sum->x);
    mul(r, a->y, sum->zzz);
    if (negative) {
        add(r, r, sum->y);
        sub(r, ZERO, r);
    } else {
        sub(r, r, sum->y);
    }
    if (is_zero(p)) {
        if (!is_zero(r)) {
            memset(sum, 0, sizeof(point));
            return;
        }
        twice(sum, sum);
        return;
    }
    sqr(pp, p);
    mul(t, p, pp);
    mul(q, sum->x, pp);
    mul(sum->zz, sum->zz, pp);
    mul(sum->zzz, sum->zzz, t);
    mul(own, t, sum->y);
    sqr(p, r);
    sub(p, p, t);
    sub(p, p, q);
    sub(sum->x, p, q);
    sub(t, q, sum->x);
    mul(t, t, r);
    sub(sum->y, t, own);
}

/* Several points to affine form with one inversion; none is infinite. */
static void lower(affine *out, const point *in, size_t count) {
    number products[1 << (WIDEST - 1)], inverse, own, t;
    memcpy(products[0], in[0].zzz, sizeof(number));
    for (size_t i = 1; i < count; i++) mul(products[i], products[i - 1], in[i].zzz);
    invert(inverse, products[count - 1]);
    for (size_t i = count; i-- > 0;) {
        if (i > 0) mul(own, inverse, products[i - 1]);
        else memcpy(own, inverse, sizeof(number));
        mul(inverse, inverse, in[i].zzz);
        mul(out[i].y, in[i].y, own);
        mul(t, in[i].zz, own); /* 1/zz = (zz/zzz)^2 */
        sqr(t, t);
        mul(out[i].x, in[i].x, t);
    }
}

/* A key's 64 bytes to a point of the curve; 0 if it is none. There is no cofactor to look after. */
static int read_key(affine *out, const uint8_t *bytes) {
    number left, right, t;
    load(out->x, bytes);
    load(out->y, bytes + 32);
    if (!below(out->x, P) || !below(out->y, P)) return 0;
    mul(out->x, out->x, SQUARE);
    mul(out->y, out->y, SQUARE);
    sqr(left, out->y);
    sqr(right, out->x);
    add(t, ONE, ONE);
    add(t, t, ONE);
    sub(right, right, t);
    mul(right, right, out->x);
    mul(t, B, SQUARE);
    add(right, right, t);
    return equal(left, right);
}

/* ---- scalars times points ---- */

static size_t rows_of(int width) { return (size_t)1 << (width - 1); }
static int windows_of(int width) { return (BITS + width) / width; } /* one bit to spare for the carry */

static uint64_t bits_at(const number k, int at, int width) {
    if (at >= BITS) return 0;
    uint64_t found = k[at >> 6] >> (at & 63);
    if ((at & 63) + width > 64 && at >> 6 < 3) found |= k[(at >> 6) + 1] << (64 - (at & 63));
    return found & (((uint64_t)1 << width) - 1);
}

/* Row j of window i: (j+1) 2^(i width) times the point. */
static void fill(affine *table, const affine *base, int width) {
    point rows[1 << (WIDEST - 1)], next;
    affine first = *base;
    size_t count = rows_of(width);
    for (int window = 0; window < windows_of(width); window++) {
        raise_affine(&rows[0], &first, 0);
        for (size_t j = 1; j < count; j++) {
            rows[j] = rows[j - 1];
            accumulate(&rows[j], &first, 0);
        }
        lower(table + (size_t)window * count, rows, count);
        twice(&next, &rows[count - 1]);
        lower(&first, &next, 1);
    }
}

/* sum += k times the point of the table: no doubling, an addition for each window. */
static void add_by_table(point *sum, const number k, const affine *table, int width) {
    uint64_t half = rows_of(width), carry = 0;
    for (int window = 0; window < windows_of(width); window++) {
        uint64_t digit = bits_at(k, window * width, width) + carry;
        const affine *rows = table + (size_t)window * half;
        carry = digit > half;
        if (carry) digit = 2 * half - digit;
        if (digit) accumulate(sum, rows + digit - 1, (int)carry);
    }
}

/* sum = k times a point seen for the first time: odd digits, few of them (width-w NAF). */
static void multiply(point *sum, const number k, const affine *base) {
    int8_t digits[BITS + 1];
    point rows[NAF_ROWS];
    affine odd[NAF_ROWS], two;
    uint64_t carry = 0;
    int top = -1;
    memset(digits, 0, sizeof digits);
    for (int at = 0; at <= BITS;) {
        if ((bits_at(k, at, 1) ^ carry) == 0) {
            at++;
            continue;
        }
        int value = (int)(bits_at(k, at, NAF_WIDTH) + carry);
        carry = value > 1 << (NAF_WIDTH - 1);
        digits[at] = (int8_t)(value - ((int)carry << NAF_WIDTH));
        top = at;
        at += NAF_WIDTH;
    }
    raise_affine(&rows[0], base, 0);
    twice(&rows[1], &rows[0]);
    lower(&two, &rows[1], 1);
    for (int j = 1; j < NAF_ROWS; j++) {
        rows[j] = rows[j - 1];
        accumulate(&rows[j], &two, 0);
    }
    lower(odd, rows, NAF_ROWS);
    memset(sum, 0, sizeof(point));
    for (int at = top; at >= 0; at--) {
        twice(sum, sum);
        if (digits[at] > 0) accumulate(sum, &odd[digits[at] >> 1], 0);
        if (digits[at] < 0) accumulate(sum, &odd[-digits[at] >> 1], 1);
    }
}

/* ---- what is called ---- */

PUBLIC int hutong_sm2_interface(void) { return INTERFACE; }

/* How many bytes a table of this width takes. */
PUBLIC size_t hutong_sm2_size(int width) { return (size_t)windows_of(width) * rows_of(width) * sizeof(affine); }

/* The table of a key (x and y, 64 bytes), or of the base point if there is no key. 0: no point. */
PUBLIC int hutong_sm2_table(void *table, const uint8_t *key, int width) {
    affine base;
    if (width < 2 || width > WIDEST) return 0;
    if (key == NULL) {
        mul(base.x, G.x, SQUARE);
        mul(base.y, G.y, SQUARE);
    } else if (!read_key(&base, key)) {
        return 0;
    }
    fill(table, &base, width);
    return 1;
}

/* `asked` is the key (64 bytes), e, r and s (32 each). 1: it holds; 0: it does not; -1: the key is no point.
 * `known` is the table of this very key, or NULL. */
PUBLIC int hutong_sm2_verify(const void *base, int base_width, const void *known, int known_width,
                             const uint8_t *asked) {
    number e, r, s, t, x;
    affine key;
    point sum;
    load(e, asked + 64);
    load(r, asked + 96);
    load(s, asked + 128);
    if (known == NULL && !read_key(&key, asked)) return -1;
    if (is_zero(r) || is_zero(s) || !below(r, N) || !below(s, N)) return 0;
    add_mod(t, r, s, N);
    if (is_zero(t)) return 0;
    if (known == NULL) {
        multiply(&sum, t, &key);
    } else {
        memset(&sum, 0, sizeof sum);
        add_by_table(&sum, t, known, known_width);
    }
    add_by_table(&sum, s, base, base_width);
    if (is_zero(sum.zz)) return 0;
    /* Wanted: x1 = r - e (mod n) for the sum's x1 below p, without dividing; x1 may be one n larger. */
    if (!below(e, N)) sub4(e, e, N);
    sub_mod(x, r, e, N);
    for (int turn = 0; turn < 2; turn++) {
        number wanted;
        mul(wanted, x, SQUARE);
        mul(wanted, wanted, sum.zz);
        if (equal(wanted, sum.x)) return 1;
        if (add4(x, x, N) || !below(x, P)) return 0;
    }
    return 0;
}
