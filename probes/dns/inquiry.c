/* SPDX-License-Identifier: Apache-2.0 */
/* Servers asked at the same time; see inquiry.h. */
#include "inquiry.h"

#include "exchange.h"
#include "judge.h"
#include "kit/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define MARGIN_MOST_NS INT64_C(250000000)

struct asked {
    struct cvg_dns_exchange exchange;
    struct cvg_dns_inquiry *inquiry;
    size_t voice, part;
};

struct cvg_dns_inquiry {
    struct cvg_dns_plan plan;
    struct cvg_dns_setting setting;
    struct cvg_dns_server *system; /* owned: the source's may change under a run */
    struct cvg_dns_voice voices[CVG_DNS_SERVERS_MOST];
    size_t open, count;
    struct asked asked[]; /* count */
};

static void end_voices(struct cvg_dns_inquiry *inquiry)
{
    for (size_t i = 0; i < inquiry->count; i++) {
        const struct asked *asked = &inquiry->asked[i];
        cvg_dns_answer_done(&inquiry->voices[asked->voice].parts[asked->part].answer);
    }
}

void cvg_dns_inquiry_close(struct cvg_dns_inquiry *inquiry, int scope_ended)
{
    if (inquiry == NULL) {
        return;
    }
    for (size_t i = 0; i < inquiry->count; i++) {
        cvg_dns_exchange_close(&inquiry->asked[i].exchange, scope_ended);
    }
    end_voices(inquiry);
    cvg_dns_plan_done(&inquiry->plan);
    free(inquiry->system);
    free(inquiry);
}

/* ---- what comes ---- */

static void name_voice(struct cvg_dns_inquiry *inquiry, size_t number,
                       const struct cvg_dns_exchange *exchange)
{
    char server[64];
    struct cvg_dns_voice *voice = &inquiry->voices[number];
    cvg_dns_server_text(&exchange->servers[exchange->server], server, sizeof(server));
    int is_system = inquiry->plan.servers[number].port == 0;
    (void)snprintf(voice->label, sizeof(voice->label), is_system ? CVG_DNS_SYSTEM " (%s)" : "%s",
                   server);
}

static void on_heard(void *arg, struct cvg_dns_exchange *exchange)
{
    struct asked *asked = arg;
    struct cvg_dns_inquiry *inquiry = asked->inquiry;
    struct cvg_dns_voice *voice = &inquiry->voices[asked->voice];
    struct cvg_dns_part *part = &voice->parts[asked->part];
    struct cvg_kit_finding finding;
    name_voice(inquiry, asked->voice, exchange);
    voice->took_ns = exchange->took_ns > voice->took_ns ? exchange->took_ns : voice->took_ns;
    part->heard = exchange->heard;
    part->text = exchange->text;
    if (exchange->message != NULL) {
        cvg_dns_answer_read(inquiry->plan.name, part->type, exchange->message,
                            exchange->message_length, &part->answer);
    }
    inquiry->open--;
    if (inquiry->open > 0 && inquiry->plan.agree == CVG_DNS_ALL) {
        return;
    }
    cvg_kit_finding_begin(&finding);
    cvg_dns_judge(&inquiry->plan, inquiry->voices, inquiry->plan.server_count, &finding);
    if (inquiry->open == 0 || finding.reading.status == CVG_READY) {
        inquiry->setting.on_done(inquiry->setting.arg, &finding);
    }
}

/* ---- what goes ---- */

static int prepare(struct cvg_dns_inquiry *inquiry, struct asked *asked, uint32_t type)
{
    const struct cvg_dns_setting *setting = &inquiry->setting;
    const struct cvg_dns_server *server = &inquiry->plan.servers[asked->voice];
    struct cvg_dns_exchange *exchange = &asked->exchange;
    uint16_t id = 0;
    int64_t left = setting->deadline_ns - setting->host->now();
    int64_t margin = left / 10 < MARGIN_MOST_NS ? left / 10 : MARGIN_MOST_NS;
    /* Without random bytes the port is still one that nobody knows. */
    (void)!getrandom(&id, sizeof(id), GRND_NONBLOCK);
    exchange->fd = -1;
    exchange->host = setting->host;
    exchange->scope = setting->scope;
    exchange->servers = server->port == 0 ? inquiry->system : server;
    exchange->server_count = server->port == 0 ? setting->system_count : 1;
    exchange->allow_link_local = setting->allow_link_local;
    /* Before the host's own, which would not know which server was silent. */
    exchange->deadline_ns = setting->deadline_ns - margin;
    exchange->on_done = on_heard;
    exchange->arg = asked;
    return cvg_dns_query_make(inquiry->plan.name, type, id, (int)inquiry->plan.authenticated,
                              &exchange->query);
}

/* 0, or -1 where there is no question for such a name. */
static int prepare_all(struct cvg_dns_inquiry *inquiry)
{
    static const uint32_t both[] = {CVG_DNS_A, CVG_DNS_AAAA};
    int is_both = inquiry->plan.type == CVG_DNS_BOTH;
    size_t parts = is_both ? CVG_DNS_PARTS : 1;
    for (size_t i = 0; i < inquiry->count; i++) {
        struct asked *asked = &inquiry->asked[i];
        asked->inquiry = inquiry;
        asked->voice = i / parts;
        asked->part = i % parts;
        struct cvg_dns_voice *voice = &inquiry->voices[asked->voice];
        struct cvg_dns_part *part = &voice->parts[asked->part];
        voice->part_count = parts;
        part->type = is_both ? both[asked->part] : inquiry->plan.type;
        part->heard = CVG_DNS_HEARD_NOTHING;
        part->text = "not waited for";
        if (prepare(inquiry, asked, part->type) < 0) {
            return -1;
        }
        name_voice(inquiry, asked->voice, &asked->exchange);
    }
    return 0;
}

struct cvg_dns_inquiry *cvg_dns_inquiry_begin(struct cvg_dns_plan *plan,
                                              const struct cvg_dns_setting *setting)
{
    size_t count = plan->server_count * (plan->type == CVG_DNS_BOTH ? CVG_DNS_PARTS : 1);
    struct cvg_dns_inquiry *inquiry =
        cvg_kit_alloc(sizeof(*inquiry) + count * sizeof(inquiry->asked[0]));
    inquiry->plan = *plan;
    inquiry->setting = *setting;
    inquiry->count = inquiry->open = count;
    inquiry->system = cvg_kit_alloc((setting->system_count + 1) * sizeof(*inquiry->system));
    for (size_t i = 0; i < setting->system_count; i++) {
        inquiry->system[i] = setting->system[i];
    }
    for (size_t i = 0; i < count; i++) {
        inquiry->asked[i].exchange.fd = -1;
    }
    if (prepare_all(inquiry) < 0) {
        cvg_dns_inquiry_close(inquiry, 0);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        cvg_dns_exchange_begin(&inquiry->asked[i].exchange);
    }
    return inquiry;
}
