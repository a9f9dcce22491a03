/* Is a text an envelope in canonical form, and where do its parts stand? As an extension module of Python.
 *
 * Says yes only to what is certain: no white space, no escape, names of printable ASCII in ascending order
 * (so none comes twice), integers of at most 15 digits, nested no deeper than `parse` allows. Whatever else is
 * right in JSON gets None, and goes the longer way. Whether the bytes are UTF-8 is not looked at: the decoder
 * that makes the values does that, and what it refuses is refused.
 *
 * Reads within the text only; every step looks at what is left first. Keeps nothing, allocates only answers.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum { INTERFACE = 1, DEEPEST = 16, DIGITS = 15 };

typedef struct {
    const uint8_t *at, *end;
} text;

typedef struct {
    const uint8_t *start, *end;
} part;

static int next_is(text *in, uint8_t wanted) {
    if (in->at == in->end || *in->at != wanted) return 0;
    in->at++;
    return 1;
}

static int follows(text *in, const char *word, size_t size) {
    if ((size_t)(in->end - in->at) < size || memcmp(in->at, word, size) != 0) return 0;
    in->at += size;
    return 1;
}

/* A string without escapes: from its first quotation mark to after its last. */
static int string(text *in) {
    if (!next_is(in, '"')) return 0;
    for (; in->at < in->end; in->at++) {
        uint8_t one = *in->at;
        if (one == '"') {
            in->at++;
            return 1;
        }
        if (one < 0x20 || one == '\\') return 0;
    }
    return 0;
}

/* A member's name and the colon; `found` is what stands between the marks. */
static int name(text *in, part *found) {
    if (!next_is(in, '"')) return 0;
    for (found->start = in->at; in->at < in->end && *in->at != '"'; in->at++)
        if (*in->at < 0x20 || *in->at > 0x7e || *in->at == '\\') return 0;
    found->end = in->at;
    return next_is(in, '"') && next_is(in, ':');
}

static int ascends(part before, part now) {
    size_t first = (size_t)(before.end - before.start), second = (size_t)(now.end - now.start);
    int order = memcmp(before.start, now.start, first < second ? first : second);
    return order != 0 ? order < 0 : first < second;
}

static int is(part found, const char *word, size_t size) {
    return (size_t)(found.end - found.start) == size && memcmp(found.start, word, size) == 0;
}

static int integer(text *in) {
    int negative = next_is(in, '-');
    const uint8_t *start = in->at;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9') in->at++;
    size_t digits = (size_t)(in->at - start);
    if (digits == 0 || digits > DIGITS) return 0;
    return *start != '0' || (digits == 1 && !negative);
}

static int value(text *in, int depth);

static int array(text *in, int depth) {
    if (!next_is(in, '[')) return 0;
    if (next_is(in, ']')) return 1;
    do
        if (!value(in, depth)) return 0;
    while (next_is(in, ','));
    return next_is(in, ']');
}

/* An object. `left_out` names members; into `kept` goes the object without them, if it is not NULL. */
typedef struct {
    const char *const *names;
    int count;
    uint8_t *to;
} copy;

static void keep(copy *made, const uint8_t *start, const uint8_t *end, int first) {
    if (!first) *made->to++ = ',';
    memcpy(made->to, start, (size_t)(end - start));
    made->to += end - start;
}

static int left_out(const copy *made, part found) {
    for (int i = 0; i < made->count; i++)
        if (is(found, made->names[i], strlen(made->names[i]))) return 1;
    return 0;
}

static int object(text *in, int depth, copy *made) {
    part before = {NULL, NULL}, now;
    int first = 1;
    if (!next_is(in, '{')) return 0;
    if (made != NULL) *made->to++ = '{';
    if (!next_is(in, '}')) {
        do {
            const uint8_t *start = in->at;
            if (!name(in, &now) || (before.start != NULL && !ascends(before, now))) return 0;
            if (!value(in, depth)) return 0;
            before = now;
            if (made != NULL && !left_out(made, now)) {
                keep(made, start, in->at, first);
                first = 0;
            }
        } while (next_is(in, ','));
        if (!next_is(in, '}')) return 0;
    }
    if (made != NULL) *made->to++ = '}';
    return 1;
}

static int value(text *in, int depth) {
    if (in->at == in->end) return 0;
    switch (*in->at) {
    case '"': return string(in);
    case '{': return depth < DEEPEST && object(in, depth + 1, NULL);
    case '[': return depth < DEEPEST && array(in, depth + 1);
    case 't': return follows(in, "true", 4);
    case 'f': return follows(in, "false", 5);
    case 'n': return follows(in, "null", 4);
    default: return integer(in);
    }
}

static const char BODY[] = "{\"body\":", HEAD[] = ",\"head\":";
static const char *const CIRCUMSTANCE[] = {"nonce", "sign", "time"}, *const VALUE[] = {"value"};

/* The head with its block `sign` but for the block's value. The head was found right before. */
static size_t signed_head(text head, uint8_t *out) {
    copy made = {VALUE, 1, out};
    text in = head;
    part found;
    next_is(&in, '{');
    while (name(&in, &found)) {
        if (is(found, "sign", 4) && in.at < in.end && *in.at == '{') {
            memcpy(out, head.at, (size_t)(in.at - head.at));
            made.to += in.at - head.at;
            object(&in, 2, &made);
            break;
        }
        value(&in, 2);
        next_is(&in, ',');
    }
    if (made.to == out) in.at = head.at; /* no block */
    memcpy(made.to, in.at, (size_t)(in.end - in.at));
    return (size_t)(made.to - out) + (size_t)(in.end - in.at);
}

/* parts(raw) -> (length up to the head, head as it is signed, head without the circumstances), or None */
static PyObject *canon_parts(PyObject *module, PyObject *given) {
    char *data;
    Py_ssize_t size;
    (void)module;
    if (!PyBytes_Check(given)) Py_RETURN_NONE;
    if (PyBytes_AsStringAndSize(given, &data, &size) < 0) return NULL;
    const uint8_t *start = (const uint8_t *)data;
    text in = {start, start + size};
    if (!follows(&in, BODY, sizeof BODY - 1) || !object(&in, 2, NULL)) Py_RETURN_NONE;
    if (!follows(&in, HEAD, sizeof HEAD - 1)) Py_RETURN_NONE;
    text head = in;
    /* Neither is longer than the head itself. */
    uint8_t *room = PyMem_Malloc(2 * (size_t)(in.end - in.at) + 2);
    if (room == NULL) return PyErr_NoMemory();
    copy made = {CIRCUMSTANCE, 3, room};
    PyObject *found = NULL;
    if (object(&in, 2, &made) && next_is(&in, '}') && in.at == in.end) {
        uint8_t *second = made.to;
        head.end = in.at - 1;
        size_t length = signed_head(head, second);
        found = Py_BuildValue("(ny#y#)", (Py_ssize_t)(head.at - start), (const char *)second,
                              (Py_ssize_t)length, (const char *)room, (Py_ssize_t)(second - room));
    } else {
        Py_INCREF(Py_None);
        found = Py_None;
    }
    PyMem_Free(room);
    return found;
}

static PyObject *canon_interface(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    return PyLong_FromLong(INTERFACE);
}

static PyMethodDef METHODS[] = {
    {"interface", canon_interface, METH_NOARGS, NULL},
    {"parts", canon_parts, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot SLOTS[] = {{0, NULL}};
static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_canon", NULL, 0, METHODS, SLOTS, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__canon(void) { return PyModuleDef_Init(&MODULE); }
