/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <inttypes.h>

#include "base/quoted.h"
#include "vol/vol.h"

/* Lines for one problem, unless more are asked for: a whole disc may have one bad habit of its writer. */
#define MAX_LINES 20

static const char *const severities[] = { "info", "warning", "error", "fatal" };

/* How the numbers of a finding are printed.  A problem without a row: found and expected, if they differ. */
static const struct {
	enum udf_problem problem;
	const char *format;		/* of found and expected; NULL: they say nothing */
} numbers[] = {
	{ UDF_P_SPACE_LEAKED, "%" PRIu64 " blocks" },
	{ UDF_P_USED_MARKED_FREE, "%" PRIu64 " blocks" },
	{ UDF_P_CROSS_LINKED, "ICBs at blocks %" PRIu64 " and %" PRIu64 },
	{ UDF_P_CROSS_LINKED_READ_ONLY, "ICBs at blocks %" PRIu64 " and %" PRIu64 },
	{ UDF_P_ORPHAN_ICB, "file type %" PRIu64 },
	{ UDF_P_FID_BAD, "at byte %" PRIu64 },
	{ UDF_P_NAME_DUPLICATE, "at bytes %" PRIu64 " and %" PRIu64 },
	{ UDF_P_DELETED_NAME_DUPLICATE, "at bytes %" PRIu64 " and %" PRIu64 },
	{ UDF_P_PARENT_FID_MISSING, NULL },
	{ UDF_P_PARENT_FID_EXTRA, "at byte %" PRIu64 },
	{ UDF_P_DIRECTORY_LINKED_TWICE, "in directories at blocks %" PRIu64 " and %" PRIu64 },
	{ UDF_P_DIRECTORY_CYCLE, NULL },
	{ UDF_P_OWNED_TWICE, "ICB at block %" PRIu64 },
	{ UDF_P_FID_TARGET, "block %" PRIu64 },
	{ UDF_P_UNIQUE_ID_DUPLICATE, "id %" PRIu64 ", also of the ICB at block %" PRIu64 },
	{ UDF_P_BLOCK_UNREADABLE, NULL },
	{ UDF_P_CHECK_LIMIT, NULL },
	{ UDF_P_TAIL_NOT_ZERO, NULL },
	{ UDF_P_SYMLINK_BAD, NULL },
	{ UDF_P_STREAM_NAME, NULL },
	{ UDF_P_MAP_UNSUPPORTED, NULL },
	{ UDF_P_VDS_COPIES_DIFFER, NULL },
	{ UDF_P_AD_LOCATION, "block %" PRIu64 ", %" PRIu64 " bytes" },
	{ UDF_P_AD_TAIL, NULL },
	{ UDF_P_AED_LOOP, NULL },
	{ UDF_P_USD_EXTENT, "sector %" PRIu64 ", %" PRIu64 " bytes" },
	{ UDF_P_USD_OVERLAP, "sector %" PRIu64 },
	{ UDF_P_STRUCTURES_OVERLAP, "sectors %" PRIu64 " and %" PRIu64 },
	{ UDF_P_STRUCTURE_IN_PARTITION, "sectors %" PRIu64 " and %" PRIu64 },
};

static void print_numbers(const struct udf_finding *finding)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i].problem != finding->problem)
			continue;
		if (numbers[i].format) {
			fputs(" (", stdout);
			printf(numbers[i].format, finding->found, finding->expected);
			putchar(')');
		}
		return;
	}
	if (finding->found != finding->expected)
		printf(" (found %" PRIu64 ", expected %" PRIu64 ")", finding->found, finding->expected);
}

/* Print a path; characters that would break the line become octal escapes, as in ls and find. */
static void print_path(const char *path)
{
	while (*path) {
		size_t n = *path == '\\' ? 1 : udf_control_bytes(path);

		if (!n)
			putchar(*path++);
		for (; n; n--)
			printf("\\%03o", (unsigned char)*path++);
	}
}

static void print_line(const struct report *report, const struct udf_finding *finding)
{
	const struct udf_place *place = &finding->place;

	printf("%s: ", udf_problem_name(finding->problem));
	if (report->path) {
		print_path(report->path);
		fputs(", ", stdout);
	}
	if (place->part_ref == UDF_PART_VOLUME)
		printf("sector %" PRIu32, place->block_no);
	else if (report->vol && report->vol->n_parts > 1)
		printf("partition %u block %" PRIu32, place->part_ref, place->block_no);
	else
		printf("block %" PRIu32, place->block_no);
	if (place->field) {
		fputs(", ", stdout);
		print_path(place->field);
	}
	printf(": %s", udf_problem_text(finding->problem));
	print_numbers(finding);
	putchar('\n');
}

static void print_json(struct report *report, const struct udf_finding *finding)
{
	const struct udf_place *place = &finding->place;
	struct cli_json *json = &report->json_out;

	cli_json_object(json, NULL);
	cli_json_text(json, "code", udf_problem_name(finding->problem));
	cli_json_text(json, "severity", severities[udf_finding_severity(finding)]);
	if (place->part_ref == UDF_PART_VOLUME) {
		cli_json_text(json, "partition", NULL);
		cli_json_number(json, "sector", place->block_no);
	} else {
		cli_json_number(json, "partition", place->part_ref);
		cli_json_number(json, "block", place->block_no);
	}
	cli_json_text(json, "field", place->field);
	cli_json_text(json, "path", report->path);
	cli_json_number(json, "found", finding->found);
	cli_json_number(json, "expected", finding->expected);
	cli_json_text(json, "text", udf_problem_text(finding->problem));
	cli_json_object_end(json);
}

static void take(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct report *report = (struct report *)(void *)sink;
	enum udf_severity severity = udf_finding_severity(finding);

	report->n[severity]++;
	report->n_by_problem[finding->problem]++;
	if (severity == UDF_SEV_INFO && !report->verbose && !report->json) {
		report->n_hidden++;
		return;
	}
	if (report->n_by_problem[finding->problem] > MAX_LINES && !report->verbose && !report->json)
		return;
	cli_progress_done(report->progress);
	if (report->json)
		print_json(report, finding);
	else
		print_line(report, finding);
}

void report_init(struct report *report, const char *device, bool json, bool verbose,
		 struct cli_progress *progress)
{
	*report = (struct report){
		.sink.report = take,
		.device = device,
		.json = json,
		.verbose = verbose,
		.progress = progress,
		.json_out.out = stdout,
	};
	if (json) {
		cli_json_object(&report->json_out, NULL);
		cli_json_text(&report->json_out, "filename", device);
		cli_json_list(&report->json_out, "findings");
	}
}

bool report_has_problems(const struct report *report)
{
	return report->n[UDF_SEV_WARNING] || report->n[UDF_SEV_ERROR] || report->n[UDF_SEV_FATAL];
}

static uint64_t n_errors(const struct report *report)
{
	return report->n[UDF_SEV_ERROR] + report->n[UDF_SEV_FATAL];
}

bool report_may_be_mounted(const struct report *report)
{
	return n_errors(report) == 0;
}

static void end_json(struct report *report, const struct chk_result *result, bool is_cancelled, bool is_clean)
{
	struct cli_json *json = &report->json_out;

	cli_json_list_end(json);
	cli_json_bool(json, "checked", result != NULL);
	cli_json_bool(json, "cancelled", is_cancelled);
	cli_json_bool(json, "clean", is_clean);
	if (result) {
		cli_json_number(json, "num_files", result->n_files);
		cli_json_number(json, "num_dirs", result->n_directories);
		cli_json_number(json, "free_blocks", result->n_free_blocks);
	}
	cli_json_number(json, "errors", n_errors(report));
	cli_json_number(json, "warnings", report->n[UDF_SEV_WARNING]);
	cli_json_number(json, "remarks", report->n[UDF_SEV_INFO]);
	cli_json_object_end(json);
}

static void print_contents(const struct report *report, uint32_t n_files, uint32_t n_directories,
			   uint64_t n_free)
{
	const struct udf_vol *vol = report->vol;

	printf("%" PRIu32 " %s, %" PRIu32 " %s, %" PRIu64 " of %" PRIu32 " blocks of %" PRIu32 " bytes free",
	       n_files, n_files == 1 ? "file" : "files", n_directories,
	       n_directories == 1 ? "directory" : "directories", n_free, vol->parts[0].n_blocks,
	       vol->block_bytes);
	if (vol->sparing) {
		struct udf_spare_counts spares = udf_vol_count_spares(vol->sparing);

		if (spares.n_used + spares.n_bad)
			printf(", %zu of %zu spare packets used", spares.n_used + spares.n_bad,
			       vol->sparing->n_spares);
	}
}

static void print_hidden(const struct report *report)
{
	for (int i = 0; !report->verbose && i < UDF_N_PROBLEMS; i++) {
		enum udf_problem problem = (enum udf_problem)i;

		if (udf_problem_severity(problem) != UDF_SEV_INFO && report->n_by_problem[i] > MAX_LINES)
			printf("%s: %" PRIu64 " more (-v)\n", udf_problem_name(problem),
			       report->n_by_problem[i] - MAX_LINES);
	}
	if (report->n_hidden)
		printf("udffsck: %s: %" PRIu64 " %s not shown (-v)\n", report->device, report->n_hidden,
		       report->n_hidden == 1 ? "remark" : "remarks");
}

static void print_advice(const struct report *report)
{
	const char *advice = "It may be mounted: no data are at risk by what was found.";

	if (report->n_by_problem[UDF_P_VRS_MISSING])
		advice = "Systems do not recognize it as UDF in this state. "
			 "Copy off what you need: udffuse -o ro,novrs.";
	else if (!report_may_be_mounted(report))
		advice = report->preen ? "Copy off what you need: udf get, or udffuse -o ro; a last field of 0 in "
					 "/etc/fstab keeps it from being checked at boot."
				       : "Copy off what you need: udf get, or udffuse -o ro.";
	printf("udffsck: %s: nothing was changed: this version does not repair. %s\n", report->device, advice);
}

void report_no_verdict(struct report *report)
{
	cli_progress_done(report->progress);
	if (report->json)
		end_json(report, NULL, false, false);
}

void report_end(struct report *report, const struct chk_result *result, bool is_cancelled)
{
	const struct udf_vol *vol = report->vol;

	cli_progress_done(report->progress);
	if (report->json) {
		end_json(report, result, is_cancelled, !is_cancelled && !report_has_problems(report));
		return;
	}
	if (is_cancelled) {
		printf("udffsck: %s: cancelled; not checked to the end\n", report->device);
		return;
	}
	if (!report_has_problems(report)) {
		printf("udffsck: %s: clean, ", report->device);
		if (result)
			print_contents(report, result->n_files, result->n_directories,
				       result->n_free_blocks);
		else
			print_contents(report, vol->lvid_impl.n_files, vol->lvid_impl.n_directories,
				       vol->free_blocks[0]);
		putchar('\n');
		print_hidden(report);
		return;
	}
	print_hidden(report);
	printf("udffsck: %s: %" PRIu64 " %s, %" PRIu64 " %s", report->device, n_errors(report),
	       n_errors(report) == 1 ? "error" : "errors", report->n[UDF_SEV_WARNING],
	       report->n[UDF_SEV_WARNING] == 1 ? "warning" : "warnings");
	if (result) {
		fputs("; ", stdout);
		print_contents(report, result->n_files, result->n_directories, result->n_free_blocks);
	}
	putchar('\n');
	print_advice(report);
}
