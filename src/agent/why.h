/* SPDX-License-Identifier: Apache-2.0 */
/* Error texts under their former names, until every caller has moved. */
#ifndef HS_AGENT_WHY_H
#define HS_AGENT_WHY_H

#include "agent/error_text.h"

#define HS_WHY_MAX HS_ERROR_TEXT_MAX
#define hs_why     hs_error_text

#endif
