/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with the keys of sources and checks; see config.h. */
#include "config.h"
#include "kind.h"
#include "select.h"
#include "tree.h"

#include <convergate/number.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ALL_POINTS 10000

struct refusal {
    cvg_kube_refuse *refuse;
    void *arg;
    int refused;
};

static void refuse_key(struct refusal *refusal, const char *path, const char *text)
{
    refusal->refuse(refusal->arg, path, text);
    refusal->refused = 1;
}

/* ---- amounts ---- */

int cvg_kube_amount_parse(const char *text, struct cvg_kube_amount *ret)
{
    size_t length = strlen(text);
    double percent;
    int64_t number;

    if (length > 1 && text[length - 1] == '%') {
        /* cvg_parse_double takes Inf and exponents, which are no way to write a share. */
        if (strspn(text, "0123456789.") != length - 1 ||
            cvg_parse_double(text, length - 1, &percent) < 0 || percent > 100) {
            return -1;
        }
        *ret = (struct cvg_kube_amount){.basis_points = llround(percent * ALL_POINTS / 100)};
        return 0;
    }
    if (cvg_parse_int64(text, length, &number) < 0 || number < 0 || number > INT32_MAX) {
        return -1;
    }
    *ret = (struct cvg_kube_amount){.number = number, .basis_points = CVG_ABSENT_INT};
    return 0;
}

int64_t cvg_kube_amount_of(const struct cvg_kube_amount *amount, int64_t total)
{
    if (amount->basis_points == CVG_ABSENT_INT) {
        return amount->number;
    }
    return (total * amount->basis_points + ALL_POINTS - 1) / ALL_POINTS;
}

static int is_nothing(const struct cvg_kube_amount *amount)
{
    return amount->basis_points == CVG_ABSENT_INT ? amount->number == 0 : amount->basis_points == 0;
}

/* ---- namespaces ---- */

static int is_label_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

static int is_namespace(const char *name)
{
    size_t length = strlen(name), at = 0;
    while (at < length && is_label_byte(name[at])) {
        at++;
    }
    return length > 0 && length <= 63 && at == length && name[0] != '-' && name[length - 1] != '-';
}

int cvg_kube_namespaces_have(const struct cvg_list *namespaces, const char *name)
{
    const char *const *names = namespaces->items;
    int found = namespaces->count == 0;
    for (size_t i = 0; i < namespaces->count && !found; i++) {
        found = strcmp(names[i], name) == 0 || strcmp(names[i], "*") == 0;
    }
    return found;
}

static int is_repeated(const char *const *names, size_t number)
{
    size_t i = 0;
    while (i < number && strcmp(names[i], names[number]) != 0) {
        i++;
    }
    return i < number;
}

/* star: "*" is a way to say all. */
static void check_namespaces(struct refusal *refusal, const char *key,
                             const struct cvg_list *namespaces, int star)
{
    const char *const *names = namespaces->items;
    for (size_t i = 0; i < namespaces->count; i++) {
        if (star && strcmp(names[i], "*") == 0) {
            if (namespaces->count > 1) {
                refuse_key(refusal, key, "\"*\" is all namespaces, so name no others beside it");
            }
        } else if (!is_namespace(names[i])) {
            refuse_key(refusal, key,
                       "must be names of namespaces: small letters, digits and '-', at most 63");
        } else if (is_repeated(names, i)) {
            refuse_key(refusal, key, "names a namespace twice");
        }
    }
}

static void check_within(struct refusal *refusal, const struct cvg_list *namespaces,
                         const struct cvg_list *limit)
{
    const char *const *names = namespaces->items;
    for (size_t i = 0; i < namespaces->count; i++) {
        if (strcmp(names[i], "*") != 0 && !cvg_kube_namespaces_have(limit, names[i])) {
            refuse_key(refusal, "namespace", "is not among the source's namespaces");
            return;
        }
    }
}

/* ---- sources ---- */

int cvg_kube_source_check(const struct cvg_kube_source_config *config, cvg_kube_refuse *refuse,
                          void *arg)
{
    struct refusal refusal = {.refuse = refuse, .arg = arg};
    if (config->in_cluster == 1 && config->kubeconfig != NULL) {
        refuse_key(&refusal, "in_cluster",
                   "is another way to the cluster than kubeconfig: keep one");
    } else if (config->in_cluster == 1 && config->context != NULL) {
        refuse_key(&refusal, "context", "is of a kubeconfig, and in_cluster uses none");
    }
    check_namespaces(&refusal, "namespaces", &config->namespaces, 0);
    return refusal.refused ? -1 : 0;
}

/* ---- checks of objects ---- */

static const struct cvg_kube_kind *check_kind(struct refusal *refusal, const char *text)
{
    char group[CVG_KUBE_NAME], version[CVG_KUBE_NAME], name[CVG_KUBE_NAME];
    const struct cvg_kube_kind *kind = cvg_kube_kind_find(text);

    int named = kind == NULL && cvg_kube_kind_parse(text, group, version, name) == 0;
    int secret = kind != NULL ? kind->type == CVG_KUBE_RELEASE
                              : named && group[0] == '\0' && strcmp(name, "Secret") == 0;
    if (secret) {
        refuse_key(refusal, "kind", "secrets are not read; use helm for releases");
    } else if (kind == NULL && !named) {
        refuse_key(refusal, "kind",
                   "is no built-in kind, and not group/version/Kind, such as "
                   "cert-manager.io/v1/Certificate");
    }
    return kind;
}

static void check_selector(struct refusal *refusal, const char *text)
{
    char why[160];
    struct cvg_kube_selector *selector = cvg_kube_selector_parse(text, why, sizeof(why));
    if (selector == NULL) {
        refuse_key(refusal, "selector", why);
    }
    cvg_kube_selector_free(selector);
}

static void check_fields(struct refusal *refusal, const struct cvg_list *fields)
{
    const struct cvg_pair *pairs = fields->items;
    for (size_t i = 0; i < fields->count; i++) {
        if (pairs[i].name[0] != '/' || cvg_kube_pointer_check(pairs[i].name) != 0) {
            char text[224];
            (void)snprintf(text, sizeof(text),
                           "'%.120s' is no JSON Pointer, such as /status/phase (~1 for '/', ~0 "
                           "for '~')",
                           pairs[i].name);
            refuse_key(refusal, "fields", text);
        }
    }
    if (fields->count > CVG_KUBE_FIELDS_MOST) {
        refuse_key(refusal, "fields", "are more than 16");
    }
}

static void check_at_least(struct refusal *refusal, const char *text)
{
    struct cvg_kube_amount amount;
    if (cvg_kube_amount_parse(text, &amount) < 0) {
        refuse_key(refusal, "at_least", "must be a number, such as 3, or a share, such as 90%");
    } else if (is_nothing(&amount)) {
        refuse_key(refusal, "at_least", "would be satisfied by nothing");
    }
}

static void check_objects(struct refusal *refusal, const struct cvg_kube_check_config *config)
{
    const struct cvg_kube_kind *kind = check_kind(refusal, config->kind);
    if (kind != NULL && !kind->namespaced && config->namespaces.count > 0) {
        refuse_key(refusal, "namespace", "has no effect: objects of this kind are in none");
    }
    if (config->name != NULL && config->selector != NULL) {
        refuse_key(refusal, "selector", "has no effect beside name");
    } else if (config->selector != NULL) {
        check_selector(refusal, config->selector);
    }
    check_fields(refusal, &config->fields);
}

/* ---- what a form has no use for ---- */

static void refuse_objects_keys(struct refusal *refusal, const struct cvg_kube_check_config *config,
                                const char *instead)
{
    const struct {
        const char *key;
        int given;
    } keys[] = {
        {"name", config->name != NULL},
        {"selector", config->selector != NULL},
        {"fields", config->fields.count > 0},
        {"paused_ready", config->paused_ready == 1},
        {"revision_from", config->revision_from != CVG_KUBE_REVISION_AUTO},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (keys[i].given) {
            char text[96];
            (void)snprintf(text, sizeof(text), "has no effect with %s", instead);
            refuse_key(refusal, keys[i].key, text);
        }
    }
}

static void check_share(struct refusal *refusal, const char *path, double share)
{
    if (!isnan(share) && !(share > 0 && share <= 1)) {
        refuse_key(refusal, path, "must be a share over 0 and up to 1");
    }
}

static void check_preset(struct refusal *refusal, const struct cvg_kube_check_config *config)
{
    const struct cvg_kube_thresholds *thresholds = config->thresholds;
    struct cvg_kube_amount surge;
    refuse_objects_keys(refusal, config, "preset");
    if (config->at_least != NULL) {
        refuse_key(refusal, "at_least", "has no effect with preset: see thresholds");
    }
    if (config->release != NULL && config->preset != CVG_KUBE_PRESET_CAPACITY) {
        refuse_key(refusal, "release", "has an effect only with preset: capacity");
    } else if (config->release == NULL && config->preset == CVG_KUBE_PRESET_CAPACITY) {
        refuse_key(refusal, "release", "is required: what is about to be rolled out");
    } else if (config->release != NULL &&
               cvg_kube_amount_parse(config->release->surge, &surge) < 0) {
        refuse_key(refusal, "release.surge",
                   "must be a number, such as 1, or a share, such as 25%");
    }
    if (thresholds != NULL) {
        check_share(refusal, "thresholds.degraded", thresholds->degraded);
        check_share(refusal, "thresholds.failed", thresholds->failed);
        if (thresholds->degraded > thresholds->failed) {
            refuse_key(refusal, "thresholds.degraded", "must not be over thresholds.failed");
        }
    }
}

static void refuse_preset_keys(struct refusal *refusal, const struct cvg_kube_check_config *config)
{
    if (config->release != NULL) {
        refuse_key(refusal, "release", "has an effect only with preset: capacity");
    }
    if (config->thresholds != NULL) {
        refuse_key(refusal, "thresholds", "have an effect only with preset");
    }
}

int cvg_kube_check_check(const struct cvg_kube_check_config *config,
                         const struct cvg_kube_source_config *source, cvg_kube_refuse *refuse,
                         void *arg)
{
    struct refusal refusal = {.refuse = refuse, .arg = arg};
    int has_preset = config->preset != CVG_ABSENT_UINT;
    int forms = (config->kind != NULL) + (config->helm != NULL) + has_preset;

    if (forms != 1) {
        const char *second = config->kind == NULL   ? "preset"
                             : config->helm != NULL ? "helm"
                                                    : "preset";
        refuse_key(&refusal, forms == 0 ? "" : second,
                   forms == 0 ? "needs one of kind, helm, preset"
                              : "a check has one of kind, helm, preset");
        return -1;
    }
    check_namespaces(&refusal, "namespace", &config->namespaces, 1);
    check_within(&refusal, &config->namespaces, &source->namespaces);
    if (config->at_least != NULL && !has_preset) {
        check_at_least(&refusal, config->at_least);
    }
    if (has_preset) {
        check_preset(&refusal, config);
    } else {
        refuse_preset_keys(&refusal, config);
    }
    if (config->kind != NULL) {
        check_objects(&refusal, config);
    } else if (config->helm != NULL) {
        refuse_objects_keys(&refusal, config, "helm");
    }
    return refusal.refused ? -1 : 0;
}
