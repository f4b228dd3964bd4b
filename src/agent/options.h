/* SPDX-License-Identifier: Apache-2.0 */
/* The settings under their former place, until every includer has moved. */
#ifndef HS_AGENT_OPTIONS_H
#define HS_AGENT_OPTIONS_H

#include "agent/options/options.h"
#include "agent/why.h"

#endif
