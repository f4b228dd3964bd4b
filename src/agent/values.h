/* SPDX-License-Identifier: Apache-2.0 */
/* The spelling of values under its former place, until every includer has moved. */
#ifndef HS_AGENT_VALUES_H
#define HS_AGENT_VALUES_H

#include "agent/options/values.h"

#endif
