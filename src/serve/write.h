/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that is written part by part, so that not all of it is in memory as objects. */
#ifndef HS_SERVE_WRITE_H
#define HS_SERVE_WRITE_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* Writes an object, which is taken over. Returns false if there is no memory, or it is NULL for
 * that reason. */
bool hs_write_json(FILE *out, json_t *object);

/* The same for one with at least one field, without its closing brace: more fields follow. */
bool hs_write_open(FILE *out, json_t *object);

#endif
