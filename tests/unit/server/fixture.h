/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server on a free port, in front of a board that the test publishes to by hand, and a desk on a
 * loop of its own thread that answers as the test wants. The board has the environments "prod" and
 * "staging"; each has the gates "deploy" (the default one) and "verify".
 */
#ifndef CVG_TESTS_SERVER_FIXTURE_H
#define CVG_TESTS_SERVER_FIXTURE_H

#include "server/server.h"

#include <pthread.h>

enum {
    PROD,
    STAGING
};

enum desk_mode {
    DESK_ANSWERS,
    DESK_HOLDS,     /* keeps questions until desk_release() */
    DESK_NOT_FOUND, /* the gate is gone */
};

struct fixture {
    struct cvg_board *board;
    struct cvg_server *server;
    struct cvg_loop *loop;
    pthread_t thread;
    uint16_t port;
    uint64_t sequence;
    pthread_mutex_t lock; /* of what the desk sees */
    pthread_cond_t changed;
    enum desk_mode mode;
    uint32_t verdict;  /* the desk's, once it answers */
    int64_t valid_for; /* so is this */
    struct cvg_ask *held[64];
    size_t held_count, asked_count, hurried_count;
    char app[64], revision[64], label[64], gate[64]; /* of the latest question */
    struct cvg_accept *held_accepts[8];
    size_t held_accept_count, accepted_count;
    int outcome; /* of accepts */
    size_t reload_count;
    char check[64], actor[128], comment[1024]; /* of the latest accept */
};

/* For cmocka: *state becomes a fixture whose environments are both `go`. */
int fixture_setup(void **state);
int fixture_setup_few_places(void **state); /* for three that wait */
/* In front of a board with that store, which outlives the fixture. */
int fixture_setup_store(void **state, struct cvg_store *store);
int fixture_teardown(void **state);
/* Every gate of the environment gives this verdict; valid for that long. */
void fixture_publish(struct fixture *fixture, size_t environment, uint32_t verdict,
                     int64_t valid_for);
/* As if the deciding thread had stalled. */
void fixture_stall(struct fixture *fixture);
void fixture_beat(struct fixture *fixture);
/* The value of a series without labels in /metrics. */
double fixture_metric(const struct fixture *fixture, const char *name);
/* Waits until the series has that value; fails the test after 10 s. */
void fixture_wait_metric(const struct fixture *fixture, const char *name, size_t value);
/* Stops the server only; the loop goes on. */
void fixture_stop_server(struct fixture *fixture);

void desk_set(struct fixture *fixture, enum desk_mode mode);
/* Waits until so many questions, accepts included, are held; fails the test after 10 s. */
void desk_wait_held(struct fixture *fixture, size_t count);
/* Waits until so many reloads were asked for, by fixture->actor the last one. */
void desk_wait_reload(struct fixture *fixture, size_t count);
/* Answers all that are held, on the loop's thread; returns when that is done. */
void desk_release(struct fixture *fixture);

/* ---- a client that sends any bytes ---- */

struct reply {
    unsigned status; /* 0: closed without an answer */
    char *text;      /* all that came; free with reply_done */
    const char *body;
};

int client_connect(const struct fixture *fixture);
void client_send(int fd, const char *bytes, size_t length);
/* Whether something came within that time (0: at once); an end counts. */
bool client_has_answer(int fd, int64_t within);
/* Reads until the text has come, and returns all until its end; NULL: the end came first. Free
 * it. */
char *client_read_until(int fd, const char *text);
/* Reads until the server closes; *ret is the first answer. */
void client_read(int fd, struct reply *ret);
/* Connects, sends, reads until the end, closes. */
void client_exchange(const struct fixture *fixture, const char *bytes, struct reply *ret);
/* One request with Host and Connection: close. headers: whole lines, or "". body may be NULL. */
void client_request(const struct fixture *fixture, const char *method, const char *target,
                    const char *headers, const char *body, struct reply *ret);
/* The first answer's header, or "". Lives until the next call. */
const char *reply_header(const struct reply *reply, const char *name);
void reply_done(struct reply *reply);

#endif
