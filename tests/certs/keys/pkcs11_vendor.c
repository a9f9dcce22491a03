/* SoftHSM with one mechanism of a vendor on top: SM2 over a finished e, r and s side by side.
 *
 * SoftHSM knows no SM2. This module hands every call on to it but C_SignInit and C_Sign, and these too unless
 * the vendor's mechanism is asked for; then it signs with the key of sim_sm2_key() by the system's libcrypto.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned long CK_ULONG;
typedef struct { CK_ULONG mechanism; void *parameter; CK_ULONG size; } CK_MECHANISM;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct evp_pkey_ctx_st EVP_PKEY_CTX;
typedef struct ecdsa_sig_st ECDSA_SIG;
typedef struct bignum_st BIGNUM;
extern EVP_PKEY *d2i_AutoPrivateKey(EVP_PKEY **, const unsigned char **, long);
extern EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *, void *);
extern void EVP_PKEY_CTX_free(EVP_PKEY_CTX *);
extern int EVP_PKEY_sign_init(EVP_PKEY_CTX *);
extern int EVP_PKEY_sign(EVP_PKEY_CTX *, unsigned char *, size_t *, const unsigned char *, size_t);
extern ECDSA_SIG *d2i_ECDSA_SIG(ECDSA_SIG **, const unsigned char **, long);
extern void ECDSA_SIG_free(ECDSA_SIG *);
extern void ECDSA_SIG_get0(const ECDSA_SIG *, const BIGNUM **, const BIGNUM **);
extern int BN_bn2binpad(const BIGNUM *, unsigned char *, int);

/* Places in the function list of PKCS#11 2.x, after its version. */
enum { SIGN_INIT = 42, SIGN = 43, FUNCTIONS = 68, VENDOR = 0x80000103, MOST = 4096 };
typedef struct { unsigned char version[2]; void *functions[FUNCTIONS]; } List;
typedef CK_ULONG (*SignInit)(CK_ULONG, CK_MECHANISM *, CK_ULONG);
typedef CK_ULONG (*Sign)(CK_ULONG, unsigned char *, CK_ULONG, unsigned char *, CK_ULONG *);
typedef CK_ULONG (*GetList)(List **);

static List mine, *theirs;
static EVP_PKEY *key;
static unsigned char ours[MOST];

int sim_sm2_key(const unsigned char *pkcs8, long size) {
    key = d2i_AutoPrivateKey(NULL, &pkcs8, size);
    return key != NULL;
}

static CK_ULONG sign_init(CK_ULONG session, CK_MECHANISM *mechanism, CK_ULONG object) {
    ours[session % MOST] = mechanism->mechanism == VENDOR;
    return ours[session % MOST] ? 0 : ((SignInit)theirs->functions[SIGN_INIT])(session, mechanism, object);
}

static CK_ULONG sign(CK_ULONG session, unsigned char *data, CK_ULONG size, unsigned char *out, CK_ULONG *room) {
    unsigned char der[128];
    const unsigned char *at = der;
    size_t length = sizeof der;
    const BIGNUM *r, *s;
    if (!ours[session % MOST]) return ((Sign)theirs->functions[SIGN])(session, data, size, out, room);
    if (size != 32) return 0x21; /* CKR_DATA_LEN_RANGE */
    if (!out || *room < 64) { *room = 64; return out ? 0x150 : 0; }
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    int made = EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_sign(context, der, &length, data, size) == 1;
    EVP_PKEY_CTX_free(context);
    if (!made) return 0x30; /* CKR_DEVICE_ERROR */
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)length);
    ECDSA_SIG_get0(signature, &r, &s);
    BN_bn2binpad(r, out, 32);
    BN_bn2binpad(s, out + 32, 32);
    ECDSA_SIG_free(signature);
    *room = 64;
    return 0;
}

CK_ULONG C_GetFunctionList(List **out) {
    void *library = dlopen(getenv("SOFTHSM_MODULE"), RTLD_NOW | RTLD_LOCAL);
    GetList get = library ? (GetList)dlsym(library, "C_GetFunctionList") : NULL;
    if (!get || get(&theirs)) return 0x5; /* CKR_GENERAL_ERROR */
    mine = *theirs;
    mine.functions[SIGN_INIT] = (void *)sign_init;
    mine.functions[SIGN] = (void *)sign;
    *out = &mine;
    return 0;
}

CK_ULONG C_Initialize(void *arguments) { return ((CK_ULONG (*)(void *))theirs->functions[0])(arguments); }
