#include "order.h"

#include <errno.h>

int order_unable(int e)
{
    return e == ENOENT ? 127 : 126;
}
