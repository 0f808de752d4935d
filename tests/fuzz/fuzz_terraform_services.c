/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_terraform cvg_crypto */
/*
 * The first byte chooses a reader, the rest is what a service that keeps states answers: a value of Consul, a
 * list of Kubernetes, a lease, a workspace, runs, an assessment, an address, a gzip file.
 */
#include "fuzz.h"

#include "consul_decode.h"
#include "crypto/digest.h"
#include "kit/gunzip.h"
#include "kubernetes_decode.h"
#include "remote_decode.h"
#include "remote_download.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    LIMIT = 256 * 1024,
    READERS = 9
};

static void must(int holds)
{
    if (!holds) {
        abort();
    }
}

static void must_end(const char *text, size_t size)
{
    must(memchr(text, '\0', size) != NULL);
}

static int32_t digest(uint32_t kind, const void *bytes, size_t length, unsigned char *ret)
{
    if (kind == CVG_DIGEST_SHA256) {
        cvg_sha256(bytes, length, ret);
        return 0;
    }
    return cvg_md5(bytes, length, ret) ? 0 : -1;
}

static const struct cvg_host host = {.size = sizeof(host), .digest = digest};

static void read_consul(const char *text, size_t length)
{
    struct cvg_tf_consul_pair pair;
    struct cvg_tf_consul_pointer pointer = {0};
    if (cvg_tf_consul_pair_read(text, length, &pair) < 0) {
        return;
    }
    must(pair.value != NULL && pair.value[pair.length] == '\0');
    must_end(pair.session, sizeof(pair.session));
    if (cvg_tf_consul_value_read(pair.value, pair.length, "tf/app", &pointer) ==
        CVG_TF_CONSUL_POINTER) {
        must(pointer.count > 0 && pointer.count <= CVG_TF_CONSUL_CHUNKS);
        must(strspn(pointer.hash, "0123456789abcdef") == 32);
    }
    enum cvg_tf_consul_result result =
        cvg_tf_consul_unpack(&host, &pair.value, &pair.length, LIMIT, NULL);
    must((result == CVG_TF_CONSUL_DONE) == (pair.value != NULL));
    must(pair.length <= LIMIT);
    free(pair.value);
}

static void read_list(const char *text, size_t length, int only_version)
{
    struct cvg_tf_kube_state state;
    const struct cvg_tf_kube_wanted wanted = {
        .name = "tfstate-default-staging", .limit = LIMIT, .only_version = only_version};
    enum cvg_tf_kube_result result = cvg_tf_kube_list_read(&host, text, length, &wanted, &state);
    must_end(state.text, sizeof(state.text));
    must((state.text[0] == '\0') == (result == CVG_TF_KUBE_DONE));
    must((state.bytes != NULL) == (result == CVG_TF_KUBE_DONE && !only_version));
    must(state.length <= LIMIT);
    free(state.bytes);
}

static void check_word(const struct cvg_place_word *word)
{
    must(word->given == 1 && word->status <= CVG_READY && word->reason != NULL);
    must_end(word->text, sizeof(word->text));
    for (const char *at = word->text; *at != '\0'; at++) {
        must((unsigned char)*at >= 0x20 && *at != 0x7f);
    }
}

static void read_runs(const char *text, size_t length, int is_list)
{
    struct cvg_tf_remote_run run;
    struct cvg_place_word word;
    int code = is_list ? cvg_tf_remote_runs_read(text, length, &run)
                       : cvg_tf_remote_run_read(text, length, &run);
    must_end(run.status, sizeof(run.status));
    if (code == 0 && run.id[0] != '\0') {
        cvg_tf_remote_run_word(&run, &word);
        check_word(&word);
        must(word.status != CVG_READY || (run.plan_only != 1 && run.is_destroy == 0 &&
                                          !run.is_targeted && !cvg_tf_remote_is_open(&run)));
    }
}

static void read_assessment(const char *text, size_t length)
{
    struct cvg_tf_remote_assessment assessment;
    struct cvg_place_word word;
    if (cvg_tf_remote_assessment_read(text, length, &assessment) == 0) {
        cvg_tf_remote_assessment_word(&assessment, &word);
        check_word(&word);
        must(word.status != CVG_READY || (assessment.succeeded == 1 && assessment.drifted == 0));
    }
}

static void read_rest(const char *text, size_t length)
{
    struct cvg_tf_remote_workspace workspace;
    struct cvg_tf_remote_version version;
    struct cvg_tf_kube_lease lease;
    char serial[24], address[512];
    must(cvg_tf_remote_workspace_read(text, length, &workspace) < 0 || workspace.id[0] != '\0');
    must(cvg_tf_remote_version_read(text, length, &version) < 0 || version.id[0] != '\0');
    (void)cvg_tf_kube_lease_read(text, length, &lease);
    must_end(lease.note, sizeof(lease.note));
    cvg_tf_remote_serial(text, length, serial, sizeof(serial));
    must_end(serial, sizeof(serial));
    if (cvg_tf_remote_join("https://a.test/x", text, length, address, sizeof(address)) == 0) {
        must(strncasecmp(address, "http", 4) == 0 && strpbrk(address, " \r\n\\") == NULL);
    }
}

static void unpack(const char *bytes, size_t length)
{
    char *unpacked = NULL;
    size_t unpacked_length = 0;
    enum cvg_kit_gunzip_result result =
        cvg_kit_gunzip(bytes, length, LIMIT, &unpacked, &unpacked_length);
    must((result == CVG_KIT_GUNZIP_DONE) == (unpacked != NULL));
    must(unpacked == NULL || (unpacked_length <= LIMIT && cvg_kit_is_gzip(bytes, length)));
    free(unpacked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const char *text = (const char *)data + 1;
    size_t length = size - 1;
    switch (data[0] % READERS) {
    case 0:
        read_consul(text, length);
        break;
    case 1:
    case 2:
        read_list(text, length, data[0] % READERS == 1);
        break;
    case 3:
    case 4:
        read_runs(text, length, data[0] % READERS == 3);
        break;
    case 5:
        read_assessment(text, length);
        break;
    case 6:
        unpack(text, length);
        break;
    default:
        read_rest(text, length);
        break;
    }
    return 0;
}
