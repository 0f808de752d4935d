/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of checks; see config.h. */
#include "config.h"

#include <stdio.h>
#include <string.h>

static const char *const blemish_choices[] = {"failed", "degraded", "unknown", "ignore", NULL};

const struct cvg_field cvg_cfn_check_fields[] = {
    {.name = "stack",
     .doc = "The stack's name, or its ARN, which means this very stack and not one that is made "
            "anew under its name.",
     .example = "shop-prod",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED | CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_cfn_check_config, stack),
     .max = 512},
    {.name = "outputs",
     .doc = "Outputs of the stack that must be there and not be empty, and what they must be.",
     .example = "[Url, {name: Region, equals: eu-central-1}]",
     .type = CVG_FIELD_LIST,
     .flags = CVG_FIELD_NONEMPTY,
     .offset = offsetof(struct cvg_cfn_check_config, outputs),
     .max = 64,
     .members = cvg_kit_want_fields,
     .member_size = sizeof(struct cvg_kit_want)},
    {.name = "drift",
     .doc = "What it counts as that the last drift detection found drift. One that was never made "
            "says nothing.",
     .default_text = "degraded",
     .type = CVG_FIELD_ENUM,
     .offset = offsetof(struct cvg_cfn_check_config, drift),
     .choices = blemish_choices},
    {.name = "allow_rollback",
     .doc = "A stack whose last update failed and was taken back will do: it works as it did "
            "before.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_cfn_check_config, allow_rollback)},
    {.name = "allow_cleanup",
     .doc = "A stack that is updated and still deletes what was replaced will do.",
     .default_text = "false",
     .type = CVG_FIELD_BOOL,
     .offset = offsetof(struct cvg_cfn_check_config, allow_cleanup)},
    {0},
};

static int refers(const char *text)
{
    return text != NULL && strstr(text, "${") != NULL;
}

/* ([a-zA-Z][-a-zA-Z0-9]*)|(arn:...), by the API's reference. */
static int is_stack(const char *name)
{
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"
    const char *more = strncmp(name, "arn:", 4) == 0 ? LETTERS DIGITS "-:/._+" : LETTERS DIGITS "-";
    return strchr(LETTERS, *name) != NULL && *name != '\0' && strspn(name, more) == strlen(name);
#undef LETTERS
#undef DIGITS
}

int cvg_cfn_check_check(const struct cvg_cfn_check_config *config, cvg_cfn_refuse *refuse,
                        void *arg)
{
    const struct cvg_kit_want *wants = config->outputs.items;
    int result = 0;
    if (!refers(config->stack) && !is_stack(config->stack)) {
        refuse(arg, "stack", "is neither a stack's name (letters, digits, '-') nor its ARN");
        result = -1;
    }
    for (size_t i = 0; i < config->outputs.count; i++) {
        char path[48], text[160];
        if (!refers(wants[i].matches) && cvg_kit_want_check(&wants[i], text, sizeof(text)) < 0) {
            (void)snprintf(path, sizeof(path), "outputs[%zu].matches", i);
            refuse(arg, path, text);
            result = -1;
        }
    }
    return result;
}
