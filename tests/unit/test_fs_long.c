/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rounds of small random edits on volumes for media that wear out, each with a sync, compared with a model in memory.
 * Wear and packets are printed.  "test_fs_long ROUNDS [SEED]" makes more rounds than the suite has time for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "../common/model.h"
#include "../common/packets.h"
#include "check/check.h"
#include "vol/vol.h"

#define BLOCK 2048u
#define N_PACKETS 2048u
#define EDITS 6u		/* of a round */
#define ROUNDS_A_MOUNT 25u
#define MOST_GROWTH_KB 16384

static unsigned n_rounds = 50;
static uint64_t first_seed = 1;

struct findings {
	struct udf_sink sink;
	unsigned n;
};

static void count_finding(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct findings *f = (struct findings *)(void *)sink;

	if (udf_problem_severity(finding->problem) == UDF_SEV_INFO)
		return;
	f->n++;
	print_message("# found: %s at %lu\n", udf_problem_name(finding->problem),
		      (unsigned long)finding->place.block_no);
}

static void check_it(struct bio *bio)
{
	struct findings f = { .sink.report = count_finding };
	struct chk_result result;
	struct udf_vol *vol;

	assert_int_equal(udf_vol_open(bio, NULL, NULL, &f.sink, &vol), UDF_OK);
	assert_int_equal(chk_volume(vol, NULL, &f.sink, &result), UDF_OK);
	udf_vol_close(vol);
	assert_int_equal(f.n, 0);
}

/* A file without a name: the medium should not count as our memory. */
static struct bio *new_medium(uint64_t n_blocks)
{
	const struct bio_file_options options = { .block_bytes = BLOCK };
	char path[64];
	struct bio *bio;
	int fd;

	snprintf(path, sizeof(path), "%s/udfkit-test.XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(n_blocks * BLOCK)), 0);
	close(fd);
	assert_int_equal(bio_file_open(path, &options, &bio, NULL), UDF_OK);
	unlink(path);
	return bio;
}

static long most_memory_kb(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void work(enum udf_media_type media, uint32_t packet_blocks)
{
	struct udf_fs_options options = { .find_used = chk_find_used };
	struct bio *top, *packets = packets_new(new_medium(N_PACKETS * packet_blocks), packet_blocks, &top);
	struct model *model = model_new();
	uint64_t seed = first_seed, worst;
	long kb_early = 0;
	struct mounted m;

	make_volume_for(top, media, 0x0201, UDF_SPACE_UNALLOC_BITMAP);
	packets_reset(packets);
	mount_volume(top, &options, &m);
	for (unsigned round = 1; round <= n_rounds; round++) {
		for (unsigned i = 0; i < EDITS; i++)
			random_op(model, &m, &seed);
		clock_advance(60);
		assert_int_equal(udf_fs_sync(m.fs), UDF_OK);
		if (round % ROUNDS_A_MOUNT)
			continue;
		assert_true(same_as_model(model, &m));
		assert_int_equal(unmount_volume(&m), UDF_OK);
		mount_volume(top, &options, &m);
		assert_true(same_as_model(model, &m));
		if (!kb_early)
			kb_early = most_memory_kb();
	}
	assert_int_equal(unmount_volume(&m), UDF_OK);
	worst = packets_worst(packets, NULL, 0);
	print_message("# %s, %u rounds of %u edits, seed %llu: %.1f packets a round, %llu rewrites of the packet at "
		      "block %llu, memory grew by %ld KB\n",
		      udf_media_name(media), n_rounds, EDITS, (unsigned long long)first_seed,
		      (double)packets_n_all(packets) / n_rounds, (unsigned long long)packets_n_writes(packets, worst),
		      (unsigned long long)worst, most_memory_kb() - kb_early);
	/* a sync writes an ICB packet and a directory packet once each, and a mount some more */
	assert_true(packets_n_writes(packets, worst) <= n_rounds * 5ull / 2 + 10);
	assert_true(most_memory_kb() - kb_early <= MOST_GROWTH_KB);
	check_it(top);
	model_free(model);
	bio_close(top);
}

static void nothing_is_lost_on_a_cd_rw(void **state)
{
	(void)state;
	work(UDF_MEDIA_CDRW, 32);
}

static void nothing_is_lost_on_a_dvd_rw(void **state)
{
	(void)state;
	work(UDF_MEDIA_DVDRW, 16);
}

/* DVD+RW has units of the same size, and the same volumes. */
static void nothing_is_lost_on_a_dvd_ram(void **state)
{
	(void)state;
	work(UDF_MEDIA_DVDRAM, 16);
}

static void nothing_is_lost_on_a_bd_re(void **state)
{
	(void)state;
	work(UDF_MEDIA_BDRE, 32);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_on_a_cd_rw),
		cmocka_unit_test(nothing_is_lost_on_a_dvd_rw),
		cmocka_unit_test(nothing_is_lost_on_a_dvd_ram),
		cmocka_unit_test(nothing_is_lost_on_a_bd_re),
	};

	if (argc > 1)
		n_rounds = (unsigned)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		first_seed = strtoull(argv[2], NULL, 10);
	return cmocka_run_group_tests_name("fs_long", tests, NULL, NULL);
}
