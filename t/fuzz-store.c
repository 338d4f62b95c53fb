/* fuzz-store: an upload. The first byte of an input has the bits PACK: what follows is to
   be packed first, WHOLE: the upload is not cut off, SMALL: the limit is; the second is
   how many bytes come at a time, 0 for all of them. The state directory, VLAB_STATE, is
   the caller's. */
#include "fuzz-main.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

enum { PACK = 1, WHOLE = 2, SMALL = 4 };
enum { LARGEST = 65536 };

static struct device device = {.address = "b", .fpgas = 2, .fpga = {"3s500e", "xc7a"}};
static uint8_t unpacked[LARGEST + 1], packed[2 * LARGEST];
static size_t size;

/* What is to become of it: said once more, with all bytes at once. */
static enum store_state expect(const uint8_t *data, size_t n, int whole)
{
    size_t limit = device.number[DEVICE_LIMIT];
    struct bitfile b;
    z_stream z;
    int result;

    memset(&z, 0, sizeof z);
    MUST(inflateInit(&z) == Z_OK);
    z.next_in = data;
    z.avail_in = (uInt)n;
    z.next_out = unpacked;
    z.avail_out = (uInt)limit + 1;
    result = inflate(&z, Z_FINISH);
    size = z.total_out;
    inflateEnd(&z);
    if (n > limit || size > limit || (result != Z_STREAM_END && result != Z_BUF_ERROR) ||
        (result == Z_STREAM_END && z.avail_in))
        return STORE_INVALID;
    if (result != Z_STREAM_END || !whole)
        return STORE_INCOMPLETE;
    if (bitfile_parse(&b, unpacked, size < BITFILE_HEAD ? size : BITFILE_HEAD, size) < 0)
        return STORE_INVALID;
    return device_takes("3s500e", b.part) || device_takes("7a", b.part) ? STORE_READY
                                                                        : STORE_WRONG;
}

/* It is there, alone, and as it came. */
static void check(struct store *s, enum store_state state)
{
    static uint8_t back[LARGEST + 1];
    struct store_entry e[2], found;
    char path[STORE_PATH];
    int fd;

    MUST(store_list(s, e, 2) == 1 && store_find(s, 7, &found) == 1);
    MUST(!memcmp(&e[0], &found, sizeof found));
    MUST(e[0].bid == 7 && e[0].state == state);
    if (state != STORE_READY) {
        MUST(e[0].size == 0 && store_lend(s, 7, path) < 0 && errno == ENOENT);
        return;
    }
    MUST(e[0].size == size && store_lend(s, 7, path) == 0);
    fd = open(path, O_RDONLY);
    MUST(fd >= 0 && read(fd, back, sizeof back) == (ssize_t)size);
    MUST(!memcmp(back, unpacked, size));
    close(fd);
    store_return(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct store s;
    struct store_entry left;
    enum store_state state;
    uLongf length = sizeof packed;
    size_t step, some, at;
    int flags;

    if (n < 2 || n > LARGEST)
        return 0;
    flags = data[0];
    step = data[1] ? data[1] : LARGEST * 2;
    data += 2;
    n -= 2;
    if (flags & PACK) {
        MUST(compress2(packed, &length, data, n, 1) == Z_OK);
        data = packed;
        n = length;
    }
    device.number[DEVICE_BUFFERS] = 2;
    device.number[DEVICE_LIMIT] = flags & SMALL ? 100 : LARGEST;
    state = expect(data, n, flags & WHOLE);
    MUST(store_open(&s, &device) == 0 && store_begin(&s, 7) == 0);
    for (at = 0; at < n; at += some) {
        some = n - at < step ? n - at : step;
        store_add(&s, data + at, some);
    }
    MUST(store_end(&s, flags & WHOLE) == (int)state);
    check(&s, state);
    MUST(store_wipe(&s, 0) == 0);
    MUST(store_list(&s, &left, 1) == 0);
    store_close(&s);
    return 0;
}
