/* A cipher machine made of software, for tests: the functions of GM/T 0018 that Hutong calls.
 *
 * The arithmetic is the system's libcrypto, so signatures are real ones. Handles are checked, every session
 * must have asked for the private key, and sim_fault() makes a named function fail a number of times.
 * Prototypes are written out here because the test must not need development headers.
 */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;
typedef struct ecdsa_sig_st ECDSA_SIG;
typedef struct bignum_st BIGNUM;
typedef struct evp_md_st EVP_MD;
extern EVP_PKEY *d2i_AutoPrivateKey(EVP_PKEY **, const unsigned char **, long);
extern EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *, void *);
extern void EVP_PKEY_CTX_free(EVP_PKEY_CTX *);
extern int EVP_PKEY_sign_init(EVP_PKEY_CTX *);
extern int EVP_PKEY_sign(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *, size_t);
extern int EVP_PKEY_verify_init(EVP_PKEY_CTX *);
extern int EVP_PKEY_verify(EVP_PKEY_CTX *, const unsigned char *, size_t, const unsigned char *, size_t);
extern int EVP_PKEY_decrypt_init(EVP_PKEY_CTX *);
extern int EVP_PKEY_decrypt(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *, size_t);
extern ECDSA_SIG *d2i_ECDSA_SIG(ECDSA_SIG **, const unsigned char **, long);
extern int i2d_ECDSA_SIG(const ECDSA_SIG *, unsigned char **);
extern ECDSA_SIG *ECDSA_SIG_new(void);
extern void ECDSA_SIG_free(ECDSA_SIG *);
extern int ECDSA_SIG_set0(ECDSA_SIG *, BIGNUM *, BIGNUM *);
extern void ECDSA_SIG_get0(const ECDSA_SIG *, const BIGNUM **, const BIGNUM **);
extern int BN_bn2binpad(const BIGNUM *, unsigned char *, int);
extern BIGNUM *BN_bin2bn(const unsigned char *, int, BIGNUM *);
extern int RAND_bytes(unsigned char *, int);
extern const EVP_MD *EVP_get_digestbyname(const char *);
extern int EVP_Digest(const void *, size_t, unsigned char *, unsigned int *, const EVP_MD *, void *);

enum { OK = 0, NOTSUPPORT = 0x01000002, OPENDEVICE = 0x01000005, OPENSESSION = 0x01000006,
       PARDENY = 0x01000007, KEYNOTEXIST = 0x01000008, ALGMOD = 0x0100000A, SIGNERR = 0x0100000D,
       VERIFYERR = 0x0100000E, STEPERR = 0x01000010, ENCDATAERR = 0x01000016, PRKRERR = 0x01000018,
       INARGERR = 0x0100001D };
enum { KEYS = 8, SESSIONS = 16, FAULTS = 8, LONGEST = 4096 };

typedef struct { unsigned int bits; unsigned char x[64], y[64]; } ECCrefPublicKey;
typedef struct { unsigned char r[64], s[64]; } ECCSignature;
typedef struct { unsigned char x[64], y[64], M[32]; unsigned int L; unsigned char C[]; } ECCCipher;
typedef struct { EVP_PKEY *key; unsigned char point[64]; } Slot;
typedef struct { int used, right[KEYS]; size_t filled; unsigned char text[LONGEST]; } Session;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Slot slots[KEYS][2]; /* by index; signing and encryption */
static Session sessions[SESSIONS];
static char pin[64];
static struct { char name[48]; unsigned int code; int left; } faults[FAULTS];
static int device_mark, opened_devices, opened_sessions, asked_rights;

/* --- steering, not part of the interface --- */

void sim_reset(void) {
    pthread_mutex_lock(&lock);
    memset(sessions, 0, sizeof sessions);
    memset(slots, 0, sizeof slots);
    memset(faults, 0, sizeof faults);
    opened_devices = opened_sessions = asked_rights = 0;
    strcpy(pin, "");
    pthread_mutex_unlock(&lock);
}

int sim_install(int index, int usage, const unsigned char *pkcs8, long size, const unsigned char *point) {
    const unsigned char *at = pkcs8;
    slots[index][usage].key = d2i_AutoPrivateKey(NULL, &at, size);
    memcpy(slots[index][usage].point, point, 64);
    return slots[index][usage].key != NULL;
}

void sim_pin(const char *wanted) { strncpy(pin, wanted, sizeof pin - 1); }

void sim_fault(const char *name, unsigned int code, int times) {
    for (int at = 0; at < FAULTS; at++)
        if (!faults[at].left) {
            strncpy(faults[at].name, name, sizeof faults[at].name - 1);
            faults[at].code = code;
            faults[at].left = times;
            return;
        }
}

void sim_restart(void) { /* every session is lost, as after a power cut */
    pthread_mutex_lock(&lock);
    memset(sessions, 0, sizeof sessions);
    pthread_mutex_unlock(&lock);
}

int sim_sessions(void) { return opened_sessions; }
int sim_devices(void) { return opened_devices; }
int sim_rights(void) { return asked_rights; }

static unsigned int fault(const char *name) {
    unsigned int code = OK;
    pthread_mutex_lock(&lock);
    for (int at = 0; at < FAULTS && !code; at++)
        if (faults[at].left && !strcmp(faults[at].name, name)) {
            faults[at].left--;
            code = faults[at].code;
        }
    pthread_mutex_unlock(&lock);
    return code;
}

static Session *known(void *handle) {
    Session *session = handle;
    return session >= sessions && session < sessions + SESSIONS && session->used ? session : NULL;
}

static unsigned int usable(const char *name, void *handle, unsigned int index, int usage, EVP_PKEY **key) {
    unsigned int code = fault(name);
    Session *session = known(handle);
    if (code) return code;
    if (!session) return OPENSESSION;
    if (index >= KEYS || !slots[index][usage].key) return KEYNOTEXIST;
    if (pin[0] && !session->right[index]) return PARDENY;
    *key = slots[index][usage].key;
    return OK;
}

/* --- GM/T 0018 --- */

unsigned int SDF_OpenDevice(void **device) {
    unsigned int code = fault("SDF_OpenDevice");
    if (code) return code;
    *device = &device_mark;
    opened_devices++;
    return OK;
}

unsigned int SDF_CloseDevice(void *device) {
    if (device != &device_mark) return INARGERR;
    opened_devices--;
    return OK;
}

unsigned int SDF_OpenSession(void *device, void **handle) {
    unsigned int code = fault("SDF_OpenSession");
    if (code) return code;
    if (device != &device_mark) return OPENDEVICE;
    pthread_mutex_lock(&lock);
    code = OPENSESSION;
    for (int at = 0; at < SESSIONS && code; at++)
        if (!sessions[at].used) {
            memset(&sessions[at], 0, sizeof sessions[at]);
            sessions[at].used = 1;
            *handle = &sessions[at];
            opened_sessions++;
            code = OK;
        }
    pthread_mutex_unlock(&lock);
    return code;
}

unsigned int SDF_CloseSession(void *handle) {
    Session *session = known(handle);
    if (!session) return OPENSESSION;
    session->used = 0;
    opened_sessions--;
    return OK;
}

unsigned int SDF_GetPrivateKeyAccessRight(void *handle, unsigned int index, const char *given, unsigned int size) {
    Session *session = known(handle);
    if (!session) return OPENSESSION;
    if (index >= KEYS) return KEYNOTEXIST;
    asked_rights++;
    if (size != strlen(pin) || memcmp(given, pin, size)) return PRKRERR;
    session->right[index] = 1;
    return OK;
}

unsigned int SDF_ReleasePrivateKeyAccessRight(void *handle, unsigned int index) {
    Session *session = known(handle);
    if (!session) return OPENSESSION;
    if (index >= KEYS) return KEYNOTEXIST;
    session->right[index] = 0;
    return OK;
}

static unsigned int show(const char *name, void *handle, unsigned int index, int usage, ECCrefPublicKey *out) {
    unsigned int code = fault(name);
    if (code) return code;
    if (!known(handle)) return OPENSESSION;
    if (index >= KEYS || !slots[index][usage].key) return KEYNOTEXIST;
    memset(out, 0, sizeof *out);
    out->bits = 256;
    memcpy(out->x + 32, slots[index][usage].point, 32);
    memcpy(out->y + 32, slots[index][usage].point + 32, 32);
    return OK;
}

unsigned int SDF_ExportSignPublicKey_ECC(void *handle, unsigned int index, ECCrefPublicKey *out) {
    return show("SDF_ExportSignPublicKey_ECC", handle, index, 0, out);
}

unsigned int SDF_ExportEncPublicKey_ECC(void *handle, unsigned int index, ECCrefPublicKey *out) {
    return show("SDF_ExportEncPublicKey_ECC", handle, index, 1, out);
}

unsigned int SDF_InternalSign_ECC(void *handle, unsigned int index, unsigned char *data, unsigned int size,
                                  ECCSignature *out) {
    EVP_PKEY *key = NULL;
    unsigned char der[128];
    const unsigned char *at = der;
    size_t length = sizeof der;
    const BIGNUM *r, *s;
    unsigned int code = usable("SDF_InternalSign_ECC", handle, index, 0, &key);
    if (code) return code;
    if (size != 32) return INARGERR;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    int made = EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_sign(context, der, &length, data, size) == 1;
    EVP_PKEY_CTX_free(context);
    if (!made) return SIGNERR;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)length);
    ECDSA_SIG_get0(signature, &r, &s);
    BN_bn2binpad(r, out->r, 64);
    BN_bn2binpad(s, out->s, 64);
    ECDSA_SIG_free(signature);
    if (fault("wrong-signature")) out->s[63] ^= 1;
    return OK;
}

unsigned int SDF_InternalVerify_ECC(void *handle, unsigned int index, unsigned char *data, unsigned int size,
                                    ECCSignature *given) {
    EVP_PKEY *key = NULL;
    unsigned char der[160], *at = der;
    unsigned int code = usable("SDF_InternalVerify_ECC", handle, index, 0, &key);
    if (code) return code;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    ECDSA_SIG_set0(signature, BN_bin2bn(given->r, 64, NULL), BN_bin2bn(given->s, 64, NULL));
    int length = i2d_ECDSA_SIG(signature, &at);
    ECDSA_SIG_free(signature);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    int good = EVP_PKEY_verify_init(context) == 1
               && EVP_PKEY_verify(context, der, (size_t)length, data, size) == 1;
    EVP_PKEY_CTX_free(context);
    return good ? OK : VERIFYERR;
}

static unsigned char *head(unsigned char *at, unsigned char tag, size_t size) {
    *at++ = tag;
    *at++ = 0x82;
    *at++ = (unsigned char)(size >> 8);
    *at++ = (unsigned char)size;
    return at;
}

static unsigned char *shortest(unsigned char *at, const unsigned char *number) { /* DER of 32 bytes */
    int skip = 0;
    while (skip < 31 && !number[skip]) skip++;
    int pad = number[skip] >> 7;
    *at++ = 0x02;
    *at++ = (unsigned char)(32 - skip + pad);
    if (pad) *at++ = 0;
    memcpy(at, number + skip, (size_t)(32 - skip));
    return at + 32 - skip;
}

#ifdef WITHOUT_ALGORITHM /* as some makers have it */
unsigned int SDF_InternalDecrypt_ECC(void *handle, unsigned int index, ECCCipher *given,
                                     unsigned char *out, unsigned int *size) {
    unsigned int algorithm = 0x00020800;
#else
unsigned int SDF_InternalDecrypt_ECC(void *handle, unsigned int index, unsigned int algorithm, ECCCipher *given,
                                     unsigned char *out, unsigned int *size) {
#endif
    EVP_PKEY *key = NULL;
    unsigned char inner[LONGEST], der[LONGEST + 8], *at;
    size_t length = *size;
    unsigned int code = usable("SDF_InternalDecrypt_ECC", handle, index, 1, &key);
    if (code) return code;
    if (algorithm != 0x00020800) return ALGMOD;
    if (given->L > LONGEST - 256) return INARGERR;
    at = shortest(inner, given->x + 32);
    at = shortest(at, given->y + 32);
    *at++ = 0x04;
    *at++ = 32;
    memcpy(at, given->M, 32);
    at = head(at + 32, 0x04, given->L);
    /* lengths below 128 must be short in DER */
    if (given->L < 128) { at -= 3; *at++ = (unsigned char)given->L; }
    else if (given->L < 256) { at -= 3; *at++ = 0x81; *at++ = (unsigned char)given->L; }
    memcpy(at, given->C, given->L);
    size_t body = (size_t)(at + given->L - inner);
    unsigned char *start = head(der, 0x30, body);
    if (body < 128) { start = der + 1; *start++ = (unsigned char)body; }
    else if (body < 256) { start = der + 1; *start++ = 0x81; *start++ = (unsigned char)body; }
    memcpy(start, inner, body);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    int good = EVP_PKEY_decrypt_init(context) == 1
               && EVP_PKEY_decrypt(context, out, &length, der, (size_t)(start - der) + body) == 1;
    EVP_PKEY_CTX_free(context);
    if (!good) return ENCDATAERR;
    *size = (unsigned int)length;
    return OK;
}

unsigned int SDF_GenerateRandom(void *handle, unsigned int size, unsigned char *out) {
    unsigned int code = fault("SDF_GenerateRandom");
    if (code) return code;
    if (!known(handle)) return OPENSESSION;
    if (fault("stuck-random")) { memset(out, 7, size); return OK; }
    return RAND_bytes(out, (int)size) == 1 ? OK : 0x01000017;
}

unsigned int SDF_HashInit(void *handle, unsigned int algorithm, void *public, unsigned char *id, unsigned int size) {
    Session *session = known(handle);
    (void)public; (void)id; (void)size;
    if (!session) return OPENSESSION;
    if (algorithm != 1) return NOTSUPPORT;
    session->filled = 0;
    return OK;
}

unsigned int SDF_HashUpdate(void *handle, unsigned char *data, unsigned int size) {
    Session *session = known(handle);
    if (!session) return OPENSESSION;
    if (session->filled + size > LONGEST) return STEPERR;
    memcpy(session->text + session->filled, data, size);
    session->filled += size;
    return OK;
}

unsigned int SDF_HashFinal(void *handle, unsigned char *out, unsigned int *size) {
    Session *session = known(handle);
    if (!session) return OPENSESSION;
    if (EVP_Digest(session->text, session->filled, out, size, EVP_get_digestbyname("sm3"), NULL) != 1)
        return NOTSUPPORT;
    if (fault("wrong-digest")) out[0] ^= 1;
    return OK;
}
