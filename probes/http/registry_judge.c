/* SPDX-License-Identifier: Apache-2.0 */
/* What a registry's answer says of an image; see registry.h. */
#include "registry.h"

#include "kit/header.h"
#include "trouble.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MILLISECOND INT64_C(1000000)

/* A page with status 200 is no image. */
static int is_manifest(const char *type)
{
    static const char *const types[] = {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    };
    size_t length = strcspn(type, "; \t");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (length == strlen(types[i]) && strncasecmp(type, types[i], length) == 0) {
            return 1;
        }
    }
    return 0;
}

static void judge_present(const struct cvg_http_image *image,
                          const struct cvg_http_response *response, enum cvg_http_whose whose,
                          struct cvg_kit_finding *finding)
{
    const char *type = response->content_type != NULL ? response->content_type : "";
    size_t length = 0;
    const char *digest = cvg_kit_header(response->headers, "Docker-Content-Digest", &length);
    if (!is_manifest(type)) {
        cvg_http_trouble_say(finding, CVG_FAULT_PROTOCOL, whose, CVG_HTTP_REASON_NOT_A_REGISTRY,
                             "the answer is no manifest of an image, but '%.80s'", type);
        return;
    }
    if (digest != NULL && !cvg_http_is_digest(digest, length)) {
        digest = NULL;
    }
    if (image->is_digest && digest != NULL &&
        (strlen(image->reference) != length || memcmp(digest, image->reference, length) != 0)) {
        cvg_http_trouble_say(finding, CVG_FAULT_PROTOCOL, whose, CVG_HTTP_REASON_NOT_A_REGISTRY,
                             "it answers with another digest than it was asked for");
        return;
    }
    if (digest == NULL && image->is_digest) {
        digest = image->reference;
        length = strlen(digest);
    }
    cvg_kit_finding_fact(finding, "media_type", "%.*s", (int)strcspn(type, "; \t"), type);
    if (digest != NULL) {
        cvg_kit_finding_fact(finding, "digest", "%.*s", (int)length, digest);
        finding->reading.revision = cvg_kit_finding_text(finding, "%.*s", (int)length, digest);
    }
    cvg_kit_finding_say(finding, CVG_READY, cvg_http_reason(CVG_HTTP_REASON_IMAGE_PRESENT),
                        "%s has %s %s", image->registry, image->repository, image->reference);
}

void cvg_http_registry_judge(const struct cvg_http_image *image,
                             const struct cvg_http_response *response, int has_url,
                             struct cvg_kit_finding *ret)
{
    enum cvg_http_whose whose = has_url ? CVG_HTTP_SOURCE : CVG_HTTP_TARGET;
    cvg_kit_finding_begin(ret);
    ret->reading.observed_at_ns = response->started_ns;
    if (response->fault != CVG_FAULT_NONE) {
        cvg_http_trouble_transfer(response, whose, ret);
        return;
    }
    cvg_kit_finding_number(ret, "status", response->status);
    cvg_kit_finding_metric(ret, "response_ms", response->total_ns / MILLISECOND);
    if (response->status == 200) {
        judge_present(image, response, whose, ret);
        return;
    }
    if (response->status == 404) {
        cvg_kit_finding_say(ret, CVG_PROGRESSING, cvg_http_reason(CVG_HTTP_REASON_IMAGE_MISSING),
                            "%s has no %s %s", image->registry, image->repository,
                            image->reference);
        return;
    }
    if (!cvg_http_trouble_status(response, whose, ret)) {
        cvg_http_trouble_say(ret, CVG_FAULT_PROTOCOL, whose, CVG_HTTP_REASON_NOT_A_REGISTRY,
                             "it answers %u, as no registry does", (unsigned)response->status);
    }
}
