/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>


#include "fixture.h"

static void need(enum udf_err err, const char *path)
{
	if (!err)
		return;
	fprintf(stderr, "# setup %s: %s\n", path, udf_strerror(err));
	abort();
}

void put_file(struct model *model, struct mounted *m, const char *path, size_t n_bytes)
{
	uint8_t *data = malloc(n_bytes + 1);
	uint64_t state = 7;

	need(do_create(model, m, path, false), path);
	fill_pattern(data, n_bytes, model->objects[model_lookup(model, path)].mark, &state);
	need(do_write(model, m, path, 0, data, n_bytes), path);
	free(data);
}

void put_dir(struct model *model, struct mounted *m, const char *path)
{
	need(do_create(model, m, path, true), path);
}

void setup_names(struct model *model, struct mounted *m)
{
	put_file(model, m, "/a", 900);
	need(do_link(model, m, "/a", "/b"), "/b");
	put_file(model, m, "/c", 40);
	put_dir(model, m, "/T");
	put_file(model, m, "/T/x", 900);
	put_dir(model, m, "/A");
	put_dir(model, m, "/d");
	put_dir(model, m, "/d/k");
}

void setup_names_in_blocks(struct model *model, struct mounted *m)
{
	char path[64];
	int i;

	setup_names(model, m);
	for (i = 0; i < 24; i++) {
		snprintf(path, sizeof(path), "/filler-%02d", i);
		put_dir(model, m, path);
	}
}

void setup_slots(struct model *model, struct mounted *m)
{
	char path[64];
	int i;

	setup_names(model, m);
	for (i = 0; i < 24; i++) {
		snprintf(path, sizeof(path), "/d/some-name-%02d", i);
		put_file(model, m, path, i % 3 ? 100 : 700);
	}
	for (i = 2; i < 24; i += 5) {
		snprintf(path, sizeof(path), "/d/some-name-%02d", i);
		need(do_unlink(model, m, path), path);
	}
}

void setup_pieces(struct model *model, struct mounted *m)
{
	uint8_t data[512];
	uint64_t state = 7;
	int i, which;

	setup_names(model, m);
	put_file(model, m, "/one", 0);
	put_file(model, m, "/other", 0);
	for (i = 0; i < 300; i++) {
		const char *path = i % 2 ? "/one" : "/other";

		which = model_lookup(model, path);
		fill_pattern(data, sizeof(data), model->objects[which].mark, &state);
		need(do_write(model, m, path, (uint64_t)(i / 2) * 512, data, sizeof(data)), path);
	}
	need(do_unlink(model, m, "/other"), "/other");
}

uint64_t n_states;
setup_fn *const setups[2] = { setup_names, setup_names_in_blocks };

#define SUBSETS 64
#define FEW_SUBSETS 8		/* with sanitizers */

void finish(struct crash_run *run)
{
	uint64_t before = n_states;

	assert_true(crash_try_all(run, crash_stride() > 1 ? FEW_SUBSETS : SUBSETS, &n_states));
	print_message("# %llu states\n", (unsigned long long)(n_states - before));
	crash_free(run);
}

void keep_the_heap(void)
{
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
}

unsigned crash_stride(void)
{
	const char *wish = getenv("UDFKIT_CRASH");

#if defined(__SANITIZE_ADDRESS__)
	bool is_slow = true;
#elif defined(__has_feature)
	bool is_slow = __has_feature(address_sanitizer);
#else
	bool is_slow = false;
#endif
	return is_slow && !(wish && strcmp(wish, "all") == 0) ? 29 : 1;
}
