/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reply to GET CONFIGURATION: the current profile, and the features that drive and medium have (MMC-6 5.3, 6.6). */
#ifndef UDF_MMC_CONFIGURATION_H
#define UDF_MMC_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

enum mmc_feature {
	MMC_FEATURE_WRITE_PROTECT = 0x0004,
	MMC_FEATURE_RANDOM_READABLE = 0x0010,
	MMC_FEATURE_RANDOM_WRITABLE = 0x0020,
	MMC_FEATURE_INCREMENTAL = 0x0021,
	MMC_FEATURE_FORMATTABLE = 0x0023,
	MMC_FEATURE_DEFECT_MANAGEMENT = 0x0024,
	MMC_FEATURE_RESTRICTED_OVERWRITE = 0x0026,
	MMC_FEATURE_MRW = 0x0028,
	MMC_FEATURE_DVD_PLUS_RW = 0x002A,
	MMC_FEATURE_RIGID_OVERWRITE = 0x002C,
	MMC_FEATURE_CD_TAO = 0x002D,
	MMC_FEATURE_CD_SAO = 0x002E,
	MMC_FEATURE_DVD_R_WRITE = 0x002F,
	MMC_FEATURE_CD_RW_SPEEDS = 0x0037,
	MMC_FEATURE_PSEUDO_OVERWRITE = 0x0038,
	MMC_FEATURE_BD_READ = 0x0040,
	MMC_FEATURE_BD_WRITE = 0x0041,
	MMC_FEATURE_STREAMING = 0x0107,
	MMC_FEATURE_SERIAL_NUMBER = 0x0108,
};

#define MMC_N_FEATURES 0x0110u		/* higher numbers are the vendors' */
#define MMC_MAX_PROFILES 63u

struct mmc_configuration {
	uint16_t profile;		/* of the medium that is in the drive */
	uint16_t profiles[MMC_MAX_PROFILES];	/* what the drive could handle */
	uint32_t n_profiles;
	uint8_t features[MMC_N_FEATURES];	/* see mmc_feature_is_current() */
	bool is_complete;		/* else the reply was cut off, and what is missing means nothing */
	/* details of single features; 0 where the feature is not there */
	uint32_t random_last_lba;	/* 0020h */
	bool can_certify, can_certify_quickly, can_format_without_spares;	/* 0023h: Cert, QCert, RENoSA */
	bool has_persistent_protection;	/* 0004h: SPWP */
	uint8_t cd_rw_subtypes;		/* 0037h: bit n: sub-type n can be written */
	bool has_set_cd_speed, has_write_speeds;	/* 0107h: SCS, WSPD */
	char serial[25];		/* 0108h, cut after 24 bytes */
};

/** The bytes of the whole reply, from its first four bytes; never less than 8. */
uint32_t mmc_configuration_size(const uint8_t reply[4]);

/** Features that don't fit in the reply are left out.  Returns UDF_E_CORRUPT if it has no profile. */
enum udf_err mmc_configuration_parse(const uint8_t *reply, size_t n_bytes,
				     struct mmc_configuration *ret_configuration);

/** Whether the drive has the feature with any medium, and whether with this one. */
bool mmc_feature_is_present(const struct mmc_configuration *configuration, enum mmc_feature feature);
bool mmc_feature_is_current(const struct mmc_configuration *configuration, enum mmc_feature feature);

#endif
