/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_terraform PkgConfig::CJSON */
/*
 * A state of 30 MB with 20,000 resources: CPU to read it, against jq that extracts the statuses of
 * its instances, and against cJSON that only parses it. Each is a process of its own that reads the
 * same file, in turns; CPU and peak memory are what the kernel charged to it.
 *
 *   bench_terraform [--rounds N] [--resources N] [--bytes N]
 *
 * Prints one line for each round, then the medians and their ratios. Exits 1 above a third of jq's CPU,
 * or above five times the file's size in memory.
 */
#include "state.h"

#include <convergate/number.h>

#include <cjson/cJSON.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CPU_BUDGET    (1.0 / 3)
#define MEMORY_BUDGET 5.0
#define ROUNDS_MAX    64
#define STATUSES      "[.resources[].instances[].status // \"\"] | length"

enum reader {
    READER_OURS,
    READER_JQ,
    READER_CJSON,
    READERS,
};

static const char *const names[READERS] = {"ours", "jq", "cJSON"};

/* What one process cost. */
struct cost {
    double cpu;    /* seconds */
    double memory; /* bytes */
};

static _Noreturn void give_up(const char *what)
{
    (void)fprintf(stderr, "terraform: %s: %s\n", what, strerror(errno));
    (void)fflush(NULL);
    _exit(2);
}

/* ---- the state ---- */

/* As the tool indents it; about 1 KiB without the padding. */
static void write_resource(FILE *file, unsigned number, unsigned padding)
{
    (void)fprintf(file,
                  "    {\n"
                  "      \"module\": \"module.region[\\\"eu-%02u\\\"].module.fleet\",\n"
                  "      \"mode\": \"managed\",\n"
                  "      \"type\": \"aws_instance\",\n"
                  "      \"name\": \"node_%06u\",\n"
                  "      \"provider\": \"provider[\\\"registry.terraform.io/hashicorp/aws\\\"]\",\n"
                  "      \"instances\": [\n"
                  "        {\n"
                  "          \"index_key\": 0,\n"
                  "          \"schema_version\": 1,\n"
                  "          \"attributes\": {\n"
                  "            \"ami\": \"ami-0%08x\",\n"
                  "            \"arn\": \"arn:aws:ec2:eu-west-1:123456789012:instance/i-%017x\",\n"
                  "            \"associate_public_ip_address\": false,\n"
                  "            \"cpu_core_count\": 2,\n"
                  "            \"ebs_block_device\": [],\n"
                  "            \"id\": \"i-%017x\",\n"
                  "            \"metadata_options\": [\n"
                  "              {\n"
                  "                \"http_endpoint\": \"enabled\",\n"
                  "                \"http_put_response_hop_limit\": 2,\n"
                  "                \"http_tokens\": \"required\"\n"
                  "              }\n"
                  "            ],\n"
                  "            \"private_ip\": \"10.%u.%u.7\",\n"
                  "            \"tags\": {\n"
                  "              \"Name\": \"node-%u\",\n"
                  "              \"Team\": \"platform\"\n"
                  "            },\n"
                  "            \"user_data\": \"%0*u\",\n"
                  "            \"user_data_base64\": null\n"
                  "          },\n"
                  "          \"sensitive_attributes\": [],\n"
                  "          \"private\": \"eyJzY2hlbWFfdmVyc2lvbiI6IjEifQ==\",\n"
                  "          \"dependencies\": [\n"
                  "            \"module.region.aws_subnet.a\",\n"
                  "            \"module.region.aws_vpc.main\"\n"
                  "          ]\n"
                  "        }\n"
                  "      ]\n"
                  "    }",
                  number / 1000, number, number * 2654435761u, number, number, number >> 8 & 255,
                  number & 255, number, (int)padding, number);
}

static size_t write_state(const char *path, unsigned resources, unsigned padding)
{
    struct stat status;
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        give_up(path);
    }
    (void)fputs("{\n  \"version\": 4,\n  \"terraform_version\": \"1.9.8\",\n  \"serial\": 41,\n"
                "  \"lineage\": \"507c436e-f1fc-a18e-1f62-50e623d7eba3\",\n  \"outputs\": {},\n"
                "  \"resources\": [\n",
                file);
    for (unsigned i = 0; i < resources; i++) {
        write_resource(file, i, padding);
        (void)fputs(i + 1 < resources ? ",\n" : "\n", file);
    }
    (void)fputs("  ],\n  \"check_results\": null\n}\n", file);
    if (fclose(file) != 0 || stat(path, &status) != 0) {
        give_up(path);
    }
    return (size_t)status.st_size;
}

/* As large as it is to be. */
static size_t make_state(const char *path, unsigned resources, size_t bytes)
{
    size_t bare = write_state(path, resources, 1);
    return bytes > bare ? write_state(path, resources, 1 + (unsigned)((bytes - bare) / resources))
                        : bare;
}

/* ---- the readers, each in a process of its own ---- */

static char *load(const char *path, size_t length)
{
    char *text = malloc(length + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    while (text != NULL && fd >= 0 && used < length) {
        ssize_t got = read(fd, text + used, length - used);
        if (got <= 0) {
            give_up(path);
        }
        used += (size_t)got;
    }
    if (text == NULL || fd < 0) {
        give_up(path);
    }
    text[length] = '\0';
    return text;
}

static _Noreturn void read_ours(const char *path, size_t length, unsigned resources)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new(length * 2);
    struct cvg_tf_state state;
    struct cvg_tf_refusal refusal;
    if (cvg_tf_state_read(load(path, length), length, NULL, arena, &state, &refusal) < 0 ||
        state.instance_count != resources) {
        (void)fprintf(stderr, "refused: %s %s\n", cvg_tf_refusal_reason(refusal.kind),
                      refusal.where);
        _exit(2);
    }
    _exit(0);
}

static _Noreturn void read_cjson(const char *path, size_t length)
{
    _exit(cJSON_ParseWithLength(load(path, length), length) == NULL ? 2 : 0);
}

static _Noreturn void read_jq(const char *path)
{
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nothing >= 0 && dup2(nothing, STDOUT_FILENO) >= 0) {
        (void)execlp("jq", "jq", STATUSES, path, (char *)NULL);
    }
    give_up("jq");
}

static struct cost run(enum reader reader, const char *path, size_t length, unsigned resources)
{
    int status = 0;
    struct rusage usage;
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (reader == READER_OURS) {
            read_ours(path, length, resources);
        }
        if (reader == READER_CJSON) {
            read_cjson(path, length);
        }
        read_jq(path);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
        give_up(names[reader]);
    }
    return (struct cost){
        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
            (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
        (double)usage.ru_maxrss * 1024,
    };
}

/* ---- numbers ---- */

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static uint64_t option(int count, char **words, const char *name, uint64_t otherwise)
{
    uint64_t value = otherwise;
    for (int i = 1; i + 1 < count; i++) {
        if (strcmp(words[i], name) == 0 &&
            (cvg_parse_uint64(words[i + 1], strlen(words[i + 1]), &value) < 0 || value == 0)) {
            (void)fprintf(stderr, "terraform: %s wants a number\n", name);
            _exit(2);
        }
    }
    return value;
}

int main(int count, char **words)
{
    static double cpu[READERS][ROUNDS_MAX], memory[READERS][ROUNDS_MAX];
    size_t rounds = (size_t)option(count, words, "--rounds", 7);
    unsigned resources = (unsigned)option(count, words, "--resources", 20000);
    char path[] = "/tmp/convergate-bench-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) {
        give_up(path);
    }
    size_t length = make_state(path, resources, (size_t)option(count, words, "--bytes", 30000000));
    rounds = rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
    printf("state of %.1f MB, %u resources\n", (double)length / 1e6, resources);
    for (size_t i = 0; i < rounds; i++) {
        printf("round %zu:", i + 1);
        for (int reader = 0; reader < READERS; reader++) {
            struct cost cost = run((enum reader)reader, path, length, resources);
            cpu[reader][i] = cost.cpu;
            memory[reader][i] = cost.memory;
            printf("  %s %.3f s", names[reader], cost.cpu);
        }
        printf("\n");
    }
    (void)unlink(path);
    close(fd);
    double ours = median(cpu[READER_OURS], rounds), jq = median(cpu[READER_JQ], rounds);
    double cjson = median(cpu[READER_CJSON], rounds);
    double peak = median(memory[READER_OURS], rounds) / (double)length;
    printf("median: ours %.3f s, jq %.3f s, cJSON %.3f s\n", ours, jq, cjson);
    printf("ours/jq %.3f (budget %.3f), ours/cJSON %.2f\n", ours / jq, CPU_BUDGET, ours / cjson);
    printf("peak memory: ours %.2f x the file (budget %.0f), jq %.1f, cJSON %.1f\n", peak,
           MEMORY_BUDGET, median(memory[READER_JQ], rounds) / (double)length,
           median(memory[READER_CJSON], rounds) / (double)length);
    return ours / jq <= CPU_BUDGET && peak <= MEMORY_BUDGET ? 0 : 1;
}
