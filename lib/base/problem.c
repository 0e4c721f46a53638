/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>
#include <udfkit/problem.h>

static const struct {
	const char *name;
	enum udf_severity severity;
	const char *text;
} problems[] = {
#define PROBLEM(name, severity, text) { #name, severity, text },
#include <udfkit/problems.def>
#undef PROBLEM
};

void udf_report(struct udf_sink *sink, enum udf_problem problem, struct udf_place place,
		uint64_t found, uint64_t expected)
{
	const struct udf_finding finding = {
		.problem = problem,
		.place = place,
		.found = found,
		.expected = expected,
	};

	if (sink)
		sink->report(sink, &finding);
}

const char *udf_problem_name(enum udf_problem problem)
{
	return (unsigned)problem < UDF_N_PROBLEMS ? problems[problem].name : "UNKNOWN";
}

const char *udf_problem_text(enum udf_problem problem)
{
	return (unsigned)problem < UDF_N_PROBLEMS ? problems[problem].text : "unknown problem";
}

static enum udf_severity severity_in_table(enum udf_problem problem)
{
	return (unsigned)problem < UDF_N_PROBLEMS ? problems[problem].severity : UDF_SEV_ERROR;
}

enum udf_severity udf_problem_severity(enum udf_problem problem)
{
	enum udf_severity severity = severity_in_table(problem);

	return severity == UDF_SEV_PLACE || severity == UDF_SEV_SPACE ? UDF_SEV_ERROR : severity;
}

enum udf_severity udf_finding_severity(const struct udf_finding *finding)
{
	enum udf_severity severity = severity_in_table(finding->problem);

	if (severity == UDF_SEV_PLACE && finding->place.part_ref == UDF_PART_VOLUME)
		return UDF_SEV_WARNING;
	return udf_problem_severity(finding->problem);
}

bool udf_finding_hides_space(const struct udf_finding *finding)
{
	enum udf_severity severity = severity_in_table(finding->problem);

	return severity == UDF_SEV_SPACE ||
	       (severity == UDF_SEV_PLACE && finding->place.part_ref != UDF_PART_VOLUME);
}
