/* SM3 (GB/T 32905), HMAC-SM3 (RFC 2104) and tokens made with it, as an extension module of Python.
 *
 * Unlike _sm2.c this is Python's: what is hashed here is mostly shorter than a call through ctypes takes. Only
 * the stable interface is used (3.11 and later), so that one compiled file serves every version.
 *
 * No table is looked up and nothing branches on what is hashed: the time tells lengths only. Nothing is kept
 * between calls; a secret is taken in by the caller as a `state`, the two chaining values of HMAC.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { INTERFACE = 1, BLOCK = 64, SIZE = 32, LONG = 1 << 15 };

static const uint32_t START[8] = {0x7380166fu, 0x4914b2b9u, 0x172442d7u, 0xda8a0600u,
                                  0xa96f30bcu, 0x163138aau, 0xe38dee4du, 0xb0fb0e4eu};

/* ---- the compression function ---- */

#define LEFT(x, n) ((uint32_t)((x) << (n) | (x) >> (32 - (n))))
#define P0(x) ((x) ^ LEFT(x, 9) ^ LEFT(x, 17))
#define P1(x) ((x) ^ LEFT(x, 15) ^ LEFT(x, 23))
#define XOR(x, y, z) ((x) ^ (y) ^ (z))
#define MAJORITY(x, y, z) (((x) & (y)) | (((x) | (y)) & (z)))
#define CHOICE(x, y, z) ((((y) ^ (z)) & (x)) ^ (z))

/* T of round j, turned left by j: known when compiled. */
#define T(j) ((j) < 16 ? TURN(0x79cc4519u, (j) % 32) : TURN(0x7a879d8au, (j) % 32))
#define TURN(x, n) ((uint32_t)((x) << (n) | (uint64_t)(x) >> (32 - (n))))

/* Word j of the expanded message, in the place of word j - 16, which nobody needs any more. */
#define W(j) w[(j) & 15]
#define EXPAND(j) \
    (W(j) = P1(W(j) ^ W((j) + 7) ^ LEFT(W((j) + 13), 15)) ^ LEFT(W((j) + 3), 7) ^ W((j) + 10))

/* One round; instead of moving eight words each round names them anew. `ahead` is word j + 4. */
#define ROUND(a, b, c, d, e, f, g, h, j, FF, GG, ahead)      \
    do {                                                     \
        uint32_t high = LEFT(a, 12), now = W(j), then = ahead; \
        uint32_t first = high + e + T(j);                    \
        first = LEFT(first, 7);                              \
        d += FF(a, b, c) + (first ^ high) + (now ^ then);    \
        h += GG(e, f, g) + first + now;                      \
        b = LEFT(b, 9);                                      \
        f = LEFT(f, 19);                                     \
        h = P0(h);                                           \
    } while (0)

#define FOUR(j, FF, GG, AHEAD)                                      \
    ROUND(a, b, c, d, e, f, g, h, (j), FF, GG, AHEAD((j) + 4));     \
    ROUND(d, a, b, c, h, e, f, g, (j) + 1, FF, GG, AHEAD((j) + 5)); \
    ROUND(c, d, a, b, g, h, e, f, (j) + 2, FF, GG, AHEAD((j) + 6)); \
    ROUND(b, c, d, a, f, g, h, e, (j) + 3, FF, GG, AHEAD((j) + 7))

static inline uint32_t big(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void compress(uint32_t state[8], const uint8_t *data, size_t blocks) {
    for (; blocks > 0; blocks--, data += BLOCK) {
        uint32_t w[16];
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
        uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
        for (int i = 0; i < 16; i++) w[i] = big(data + 4 * i);
        FOUR(0, XOR, XOR, W);
        FOUR(4, XOR, XOR, W);
        FOUR(8, XOR, XOR, W);
        FOUR(12, XOR, XOR, EXPAND);
        FOUR(16, MAJORITY, CHOICE, EXPAND);
        FOUR(20, MAJORITY, CHOICE, EXPAND);
        FOUR(24, MAJORITY, CHOICE, EXPAND);
        FOUR(28, MAJORITY, CHOICE, EXPAND);
        FOUR(32, MAJORITY, CHOICE, EXPAND);
        FOUR(36, MAJORITY, CHOICE, EXPAND);
        FOUR(40, MAJORITY, CHOICE, EXPAND);
        FOUR(44, MAJORITY, CHOICE, EXPAND);
        FOUR(48, MAJORITY, CHOICE, EXPAND);
        FOUR(52, MAJORITY, CHOICE, EXPAND);
        FOUR(56, MAJORITY, CHOICE, EXPAND);
        FOUR(60, MAJORITY, CHOICE, EXPAND);
        state[0] ^= a, state[1] ^= b, state[2] ^= c, state[3] ^= d;
        state[4] ^= e, state[5] ^= f, state[6] ^= g, state[7] ^= h;
    }
}

/* ---- digests of what comes in pieces ---- */

typedef struct {
    uint32_t state[8];
    uint64_t length; /* bytes so far, those of `rest` too */
    uint8_t rest[BLOCK];
} hash;

static void begin(hash *self, const uint32_t state[8], uint64_t length) {
    memcpy(self->state, state, sizeof self->state);
    self->length = length;
}

static void update(hash *self, const void *bytes, size_t size) {
    const uint8_t *data = bytes;
    size_t held = self->length % BLOCK;
    self->length += size;
    if (held > 0) {
        size_t wanted = BLOCK - held;
        if (size < wanted) {
            memcpy(self->rest + held, data, size);
            return;
        }
        memcpy(self->rest + held, data, wanted);
        compress(self->state, self->rest, 1);
        data += wanted;
        size -= wanted;
    }
    compress(self->state, data, size / BLOCK);
    memcpy(self->rest, data + size / BLOCK * BLOCK, size % BLOCK);
}

static void write_words(uint8_t *out, const uint32_t *words, int count) {
    for (int i = 0; i < count; i++)
        for (int j = 0; j < 4; j++) out[4 * i + j] = (uint8_t)(words[i] >> (24 - 8 * j));
}

/* 0x80, zeros, the length in bits: one block more, or two. */
static void finish(hash *self, uint8_t out[SIZE]) {
    size_t held = self->length % BLOCK;
    uint32_t bits[2] = {(uint32_t)(self->length >> 29), (uint32_t)(self->length << 3)};
    self->rest[held++] = 0x80;
    if (held > BLOCK - 8) {
        memset(self->rest + held, 0, BLOCK - held);
        compress(self->state, self->rest, 1);
        held = 0;
    }
    memset(self->rest + held, 0, BLOCK - 8 - held);
    write_words(self->rest + BLOCK - 8, bits, 2);
    compress(self->state, self->rest, 1);
    write_words(out, self->state, 8);
}

/* ---- HMAC: a state is what the inner and the outer hash have become after the block of the secret ---- */

typedef struct {
    uint32_t inner[8], outer[8];
} keyed;

static void take_in(keyed *self, const uint8_t *secret, size_t size) {
    uint8_t block[BLOCK] = {0};
    hash inside;
    if (size > BLOCK) {
        begin(&inside, START, 0);
        update(&inside, secret, size);
        finish(&inside, block);
    } else {
        memcpy(block, secret, size);
    }
    memcpy(self->inner, START, sizeof START);
    memcpy(self->outer, START, sizeof START);
    for (int i = 0; i < BLOCK; i++) block[i] ^= 0x36;
    compress(self->inner, block, 1);
    for (int i = 0; i < BLOCK; i++) block[i] ^= 0x36 ^ 0x5c;
    compress(self->outer, block, 1);
}

static void seal(const keyed *self, hash *inner, uint8_t out[SIZE]) {
    hash outer;
    uint8_t found[SIZE];
    finish(inner, found);
    begin(&outer, self->outer, BLOCK);
    update(&outer, found, SIZE);
    finish(&outer, out);
}

/* ---- what Python sees ---- */

/* Bytes only: whatever else holds bytes could change while the lock is given back. */
static const uint8_t *bytes_of(PyObject *value, size_t *size) {
    char *data;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(value, &data, &length) < 0) return NULL;
    *size = (size_t)length;
    return (const uint8_t *)data;
}

static const keyed *state_of(PyObject *value) {
    size_t size;
    const uint8_t *data = bytes_of(value, &size);
    if (data != NULL && size != sizeof(keyed)) {
        PyErr_SetString(PyExc_ValueError, "no state of HMAC-SM3");
        return NULL;
    }
    return (const void *)data;
}

static int expected(Py_ssize_t count, Py_ssize_t wanted) {
    if (count == wanted) return 1;
    PyErr_Format(PyExc_TypeError, "expected %zd arguments, got %zd", wanted, count);
    return 0;
}

static void update_freely(hash *self, const uint8_t *data, size_t size) {
    if (size < LONG) {
        update(self, data, size);
        return;
    }
    Py_BEGIN_ALLOW_THREADS
    update(self, data, size);
    Py_END_ALLOW_THREADS
}

static PyObject *made(const uint8_t *data) { return PyBytes_FromStringAndSize((const char *)data, SIZE); }

static PyObject *sm3_digest(PyObject *module, PyObject *value) {
    hash self;
    uint8_t out[SIZE];
    size_t size;
    const uint8_t *data = bytes_of(value, &size);
    (void)module;
    if (data == NULL) return NULL;
    begin(&self, START, 0);
    update_freely(&self, data, size);
    finish(&self, out);
    return made(out);
}

/* digests(prefix, end, end, ...): what all have in common is hashed once. */
static PyObject *sm3_digests(PyObject *module, PyObject *const *given, Py_ssize_t count) {
    hash common, self;
    uint8_t out[SIZE];
    size_t size;
    const uint8_t *data;
    PyObject *found;
    (void)module;
    if (count < 1) {
        PyErr_SetString(PyExc_TypeError, "expected a prefix");
        return NULL;
    }
    if ((data = bytes_of(given[0], &size)) == NULL || (found = PyTuple_New(count - 1)) == NULL) return NULL;
    begin(&common, START, 0);
    update_freely(&common, data, size);
    for (Py_ssize_t i = 1; i < count; i++) {
        PyObject *one = NULL;
        if ((data = bytes_of(given[i], &size)) != NULL) {
            self = common;
            update_freely(&self, data, size);
            finish(&self, out);
            one = made(out);
        }
        if (one == NULL || PyTuple_SetItem(found, i - 1, one) < 0) {
            Py_DECREF(found);
            return NULL;
        }
    }
    return found;
}

static PyObject *sm3_state(PyObject *module, PyObject *secret) {
    keyed self;
    size_t size;
    const uint8_t *data = bytes_of(secret, &size);
    (void)module;
    if (data == NULL) return NULL;
    take_in(&self, data, size);
    return PyBytes_FromStringAndSize((const char *)&self, sizeof self);
}

/* mac(state, data) */
static PyObject *sm3_mac(PyObject *module, PyObject *const *given, Py_ssize_t count) {
    const keyed *self;
    const uint8_t *data;
    size_t size;
    hash inner;
    uint8_t out[SIZE];
    (void)module;
    if (!expected(count, 2)) return NULL;
    if ((self = state_of(given[0])) == NULL || (data = bytes_of(given[1], &size)) == NULL) return NULL;
    begin(&inner, self->inner, BLOCK);
    update_freely(&inner, data, size);
    seal(self, &inner, out);
    return made(out);
}

/* 63 bits of the MAC over a row of texts: kind, then each value after a mark and its length in characters
 * (hub/index/tokens.py says why). NULL for a row that is none. */
static PyObject *token(const keyed *self, PyObject *row) {
    hash inner;
    uint8_t out[SIZE];
    uint64_t found = 0;
    Py_ssize_t count;
    if (!PyTuple_Check(row) || (count = PyTuple_Size(row)) < 1) {
        PyErr_SetString(PyExc_TypeError, "a row is a tuple that begins with its kind");
        return NULL;
    }
    begin(&inner, self->inner, BLOCK);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *value = PyTuple_GetItem(row, i);
        Py_ssize_t size;
        const char *text = PyUnicode_AsUTF8AndSize(value, &size);
        if (text == NULL) return NULL;
        if (i > 0) {
            char mark[24]; /* 0x1f, at most 20 digits, a colon */
            char *at = mark + sizeof mark;
            size_t length = (size_t)PyUnicode_GetLength(value);
            *--at = ':';
            do *--at = (char)('0' + length % 10);
            while ((length /= 10) > 0);
            *--at = 0x1f;
            update(&inner, at, (size_t)(mark + sizeof mark - at));
        }
        update(&inner, text, (size_t)size);
    }
    seal(self, &inner, out);
    for (int i = 0; i < 8; i++) found = found << 8 | out[i];
    return PyLong_FromUnsignedLongLong(found >> 1);
}

/* tokens(state, rows); a list of our own, so that nobody changes it meanwhile */
static PyObject *sm3_tokens(PyObject *module, PyObject *const *given, Py_ssize_t count) {
    const keyed *self;
    PyObject *found;
    (void)module;
    if (!expected(count, 2)) return NULL;
    if ((self = state_of(given[0])) == NULL || (found = PySequence_List(given[1])) == NULL) return NULL;
    for (Py_ssize_t i = 0; i < PyList_Size(found); i++) {
        PyObject *one = token(self, PyList_GetItem(found, i));
        if (one == NULL || PyList_SetItem(found, i, one) < 0) {
            Py_DECREF(found);
            return NULL;
        }
    }
    return found;
}

static PyObject *sm3_interface(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    return PyLong_FromLong(INTERFACE);
}

static PyMethodDef METHODS[] = {
    {"interface", sm3_interface, METH_NOARGS, NULL},
    {"digest", sm3_digest, METH_O, NULL},
    {"digests", (PyCFunction)(void (*)(void))sm3_digests, METH_FASTCALL, NULL},
    {"state", sm3_state, METH_O, NULL},
    {"mac", (PyCFunction)(void (*)(void))sm3_mac, METH_FASTCALL, NULL},
    {"tokens", (PyCFunction)(void (*)(void))sm3_tokens, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot SLOTS[] = {{0, NULL}};
static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_sm3", NULL, 0, METHODS, SLOTS, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__sm3(void) { return PyModuleDef_Init(&MODULE); }
