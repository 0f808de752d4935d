/* SPDX-License-Identifier: Apache-2.0 */
/* TLS: what is trusted, by which name, and with which certificate of our own. The certificates
 * are made by openssl(1), the server is tls_peer.py; without the two programs this is skipped. */
#include "base/secret.h"
#include "base/text.h"
#include "base/time.h"
#include "unit/io/harness.h"

#include <convergate/number.h>

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char peer_program[] = CVG_FIXTURES "/../unit/io/tls_peer.py";

struct peer_process {
    pid_t pid;
    int input;
    uint16_t port;
};

struct fixture {
    char folder[64];
    struct peer_process good, expired, picky;
    bool skipped;
};

/* Runs script in /bin/sh; its standard input and output are ours where the pointers are given. */
static pid_t run(const char *script, const char *folder, int *ret_input, int *ret_output)
{
    extern char **environ;
    const char *argv[] = {"/bin/sh", "-c", script, "sh", folder, peer_program, NULL};

    union {
        const char *const *in;
        char *const *out;
    } arguments = {argv};

    int input[2], output[2];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (ret_input) {
        assert_int_equal(pipe2(input, O_CLOEXEC), 0);
        assert_int_equal(pipe2(output, O_CLOEXEC), 0);
        posix_spawn_file_actions_adddup2(&actions, input[0], 0);
        posix_spawn_file_actions_adddup2(&actions, output[1], 1);
        posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    }
    pid_t pid = 0;
    assert_int_equal(posix_spawn(&pid, "/bin/sh", &actions, NULL, arguments.out, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    if (ret_input) {
        close(input[0]);
        close(output[1]);
        *ret_input = input[1];
        *ret_output = output[0];
    }
    return pid;
}

static struct peer_process start_peer(const char *arguments, const char *folder)
{
    struct peer_process process = {0};
    char script[256], line[32] = "";
    int output = -1;
    snprintf(script, sizeof script, "cd \"$1\"; exec python3 \"$2\" %s", arguments);
    process.pid = run(script, folder, &process.input, &output);
    size_t used = 0;
    while (used + 1 < sizeof line && !strchr(line, '\n')) {
        ssize_t got = read(output, line + used, sizeof line - 1 - used);
        assert_true(got > 0);
        used += (size_t)got;
    }
    close(output);
    int64_t port = 0;
    assert_int_equal(cvg_parse_int64(line, strcspn(line, "\n"), &port), 0);
    process.port = (uint16_t)port;
    return process;
}

static void stop_peer(struct peer_process *process)
{
    if (process->pid) {
        close(process->input);
        waitpid(process->pid, NULL, 0);
    }
}

static const char make_certificates[] =
    "set -e; cd \"$1\"; exec 2>/dev/null; command -v python3 >/dev/null\n"
    "key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'\n"
    "openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=ca -days 2\n"
    "openssl req -x509 $key -keyout other.key -out other.pem -subj /CN=other -days 2\n"
    "leaf() {\n"
    "  openssl req $key -keyout $1.key -out $1.csr -subj /CN=$2\n"
    "  printf 'subjectAltName=%s' \"$3\" > ext\n"
    "  openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ext \\\n"
    "    -out $1.pem -days \"$4\"\n"
    "}\n"
    "leaf good server DNS:real.example.test,IP:127.0.0.1 2\n"
    "leaf expired server IP:127.0.0.1 -1 || leaf expired server IP:127.0.0.1 0\n"
    "leaf named server DNS:real.example.test 2\n"
    "leaf client alice DNS:alice 2\n";

static int set_up(void **state)
{
    static struct fixture fixture;
    snprintf(fixture.folder, sizeof fixture.folder, "/tmp/cvg-tls-XXXXXX");
    harness_make_folder(fixture.folder);
    int status = -1;
    waitpid(run(make_certificates, fixture.folder, NULL, NULL), &status, 0);
    fixture.skipped = status != 0;
    if (!fixture.skipped) {
        fixture.good = start_peer("named.pem named.key", fixture.folder);
        fixture.expired = start_peer("expired.pem expired.key", fixture.folder);
        fixture.picky = start_peer("good.pem good.key ca.pem", fixture.folder);
    }
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stop_peer(&fixture->good);
    stop_peer(&fixture->expired);
    stop_peer(&fixture->picky);
    harness_remove_folder(fixture->folder);
    return 0;
}

struct paths {
    char ca[128], other[128], client[128], key[128], url[64];
};

static struct paths paths_of(const struct fixture *fixture, uint16_t port)
{
    struct paths paths;
    snprintf(paths.ca, sizeof paths.ca, "%s/ca.pem", fixture->folder);
    snprintf(paths.other, sizeof paths.other, "%s/other.pem", fixture->folder);
    snprintf(paths.client, sizeof paths.client, "%s/client.pem", fixture->folder);
    snprintf(paths.key, sizeof paths.key, "%s/client.key", fixture->folder);
    snprintf(paths.url, sizeof paths.url, "https://127.0.0.1:%u", port);
    return paths;
}

static void ask(struct cvg_endpoint endpoint, struct answer *answer)
{
    struct harness harness;
    harness_start(&harness, NULL);
    harness_point(&harness, 0, &endpoint);
    harness_get(&harness, "/x", answer);
    print_message("fault %u, status %u: %s\n", answer->fault, answer->status, answer->fault_text);
    harness_stop(&harness);
}

static void test_trust(void **state)
{
    const struct fixture *fixture = *state;
    if (fixture->skipped) {
        print_message("SKIPPED: needs openssl and python3\n");
        skip();
    }
    struct answer answer = {0};
    struct paths good = paths_of(fixture, fixture->good.port);
    struct paths expired = paths_of(fixture, fixture->expired.port);

    const struct {
        struct cvg_endpoint endpoint;
        uint32_t fault;
        const char *text, *body;
    } table[] = {
        {{.url = good.url, .ca_file = good.ca, .server_name = "real.example.test"},
         CVG_FAULT_NONE,
         "",
         "real.example.test "},
        {{.url = good.url, .ca_file = good.ca},
         CVG_FAULT_TLS,
         "TLS: no alternative certificate",
         ""},
        {{.url = good.url, .ca_file = good.other, .server_name = "real.example.test"},
         CVG_FAULT_TLS,
         "TLS: unable to get local issuer certificate",
         ""},
        {{.url = good.url}, CVG_FAULT_TLS, "TLS: unable to get local issuer certificate", ""},
        {{.url = good.url, .insecure_skip_verify = 1}, CVG_FAULT_NONE, "", NULL},
        {{.url = good.url, .ca_file = "/nonexistent"}, CVG_FAULT_TLS, "TLS: ", ""},
        {{.url = expired.url, .ca_file = expired.ca},
         CVG_FAULT_TLS,
         "TLS: certificate has expired",
         ""},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        ask(table[i].endpoint, &answer);
        assert_int_equal(answer.fault, table[i].fault);
        assert_non_null(strstr(answer.fault_text, table[i].text));
        if (table[i].body) {
            assert_string_equal(answer.body, table[i].body);
        }
    }
    answer_clear(&answer);
}

static char *slurp(const char *path, char *room, size_t size)
{
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t got = fread(room, 1, size - 1, file);
    room[got] = '\0';
    (void)fclose(file);
    return room;
}

static void test_client_certificates(void **state)
{
    const struct fixture *fixture = *state;
    if (fixture->skipped) {
        skip();
    }
    struct answer answer = {0};
    char ca[4096], certificate[4096];
    struct paths paths = paths_of(fixture, fixture->picky.port);
    struct cvg_secret key = {CVG_SECRET_FILE, paths.key};
    ask((struct cvg_endpoint){.url = paths.url, .ca_file = paths.ca}, &answer);
    assert_int_not_equal(answer.fault, CVG_FAULT_NONE);

    ask((struct cvg_endpoint){.url = paths.url,
                              .ca_file = paths.ca,
                              .cert_file = paths.client,
                              .key_file = paths.key},
        &answer);
    assert_int_equal(answer.fault, CVG_FAULT_NONE);
    assert_non_null(strstr(answer.body, "alice"));

    ask((struct cvg_endpoint){.url = paths.url,
                              .ca_pem = slurp(paths.ca, ca, sizeof ca),
                              .cert_pem = slurp(paths.client, certificate, sizeof certificate),
                              .key_pem = &key},
        &answer);
    assert_int_equal(answer.fault, CVG_FAULT_NONE);
    assert_non_null(strstr(answer.body, "alice"));
    answer_clear(&answer);
}

static int on_body(void *arg, struct cvg_op *op, const void *bytes, size_t length)
{
    (void)op;
    (void)bytes;
    (void)length;
    *(bool *)arg = true;
    return 0;
}

static void on_never(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    (void)arg;
    (void)op;
    print_message("%s\n", response->fault_text);
    fail();
}

/* libcurl waits for a connection that may turn out to be HTTP/2: it must not wait for a stream's
 * that did not. */
static void test_a_stream_does_not_hold_up_others(void **state)
{
    const struct fixture *fixture = *state;
    if (fixture->skipped) {
        skip();
    }

    enum {
        OTHERS = 5
    };
    struct answer answers[OTHERS] = {0};
    struct paths paths = paths_of(fixture, fixture->good.port);
    struct cvg_endpoint endpoint = {
        .url = paths.url, .ca_file = paths.ca, .server_name = "real.example.test"};
    struct harness harness;
    bool flowing = false;
    harness_start(&harness, NULL);
    harness_point(&harness, 0, &endpoint);
    struct cvg_http_request request = {.size = sizeof request,
                                       .path = "/hang",
                                       .flags = CVG_HTTP_STREAM,
                                       .on_body = on_body,
                                       .on_done = on_never,
                                       .arg = &flowing};
    cvg_http_start(&harness.scope, &request);
    for (int i = 0; i < OTHERS; i++) {
        struct cvg_http_request other = {
            .size = sizeof other, .path = "/x", .on_done = answer_take, .arg = &answers[i]};
        cvg_http_start(&harness.scope, &other);
    }
    for (int i = 0; i < OTHERS; i++) {
        harness_wait(&harness, &answers[i].done);
        assert_int_equal(answers[i].fault, CVG_FAULT_NONE);
        answer_clear(&answers[i]);
    }
    harness_wait(&harness, &flowing);
    harness_stop(&harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trust),
        cmocka_unit_test(test_client_certificates),
        cmocka_unit_test(test_a_stream_does_not_hold_up_others),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
