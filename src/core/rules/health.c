/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a lost answer is worth. On a clean network two unanswered tries are telling; where every
 * fifth round trip is lost they are nothing. So each agent measures its own loss, from the first
 * tries of the periodic probes, and asks for as many unanswered tries as bad luck could not explain
 * (R17).
 */
#include "rules/rules.h"

#define LOSS_AT_START 0.2
#define LOSS_FLOOR    0.02
#define LOSS_WEIGHT   (1.0 / 32) /* of a new sample in the moving average */
#define LOSS_CEILING  0.9        /* beyond this no number of tries would ever convince */
#define FALSE_ALARM   0.01       /* accepted chance, divided by the number of members */

void hs_health_init(struct hearsay_node *node)
{
    node->loss = LOSS_AT_START;
}

void hs_health_first_try(struct hearsay_node *node, bool lost)
{
    node->loss += ((lost ? 1.0 : 0.0) - node->loss) * LOSS_WEIGHT;
}

bool hs_health_convinced(const struct hearsay_node *node, uint32_t lost_tries)
{
    double loss = node->loss < LOSS_FLOOR ? LOSS_FLOOR : node->loss;
    if (loss > LOSS_CEILING)
        loss = LOSS_CEILING;
    double bar = FALSE_ALARM / hs_table_present(&node->table);
    double luck = 1.0;
    for (uint32_t i = 0; i < lost_tries && luck >= bar; i++)
        luck *= loss;
    return luck < bar;
}
