#include "CHDF5.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char reason[512] = "no failure";

const char *hdf5_reason(void) { return reason; }

// HDF5 prints each failure to the error stream unless a thread tells it not to. At the process's end
// it tries once more to close a file that could not be written, and crashes; every file is closed here.
static void be_quiet(void) {
  H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

static herr_t keep_innermost(unsigned depth, const H5E_error2_t *error, void *unused) {
  (void)unused;
  if (depth != 0) return 0;
  const char *words = error->desc ? error->desc : "unknown", *known = "error message = '";
  // What the system said stands amid addresses and sizes.
  const char *system = strstr(words, known);
  if (system) words = system + strlen(known);
  snprintf(reason, sizeof reason, "%s", words);
  char *end = system ? strchr(reason, '\'') : NULL;
  if (end) *end = 0;
  return 0;
}

// Keeps the reason of the call that has just failed; the next call would drop it.
static int failed(void) {
  snprintf(reason, sizeof reason, "HDF5 gives no reason");
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, NULL);
  return -1;
}

static int differs(const char *what) {
  snprintf(reason, sizeof reason, "%s", what);
  return -1;
}

// The format of HDF5 1.10 puts a checksum into every header.
static hid_t access_list(void) {
  hid_t list = H5Pcreate(H5P_FILE_ACCESS);
  if (list >= 0) H5Pset_libver_bounds(list, H5F_LIBVER_V110, H5F_LIBVER_V110);
  return list;
}

// Properties of a new object of a class, without its times: equal data then gives equal files.
static hid_t creation_list(hid_t object_class) {
  hid_t list = H5Pcreate(object_class);
  H5Pset_obj_track_times(list, 0);
  return list;
}

int64_t hdf5_create(const char *path) {
  be_quiet();
  hid_t access = access_list(), creation = creation_list(H5P_FILE_CREATE);
  hid_t file = H5Fcreate(path, H5F_ACC_EXCL, creation, access);
  if (file < 0) failed();
  H5Pclose(creation);
  H5Pclose(access);
  return file;
}

int64_t hdf5_open(const char *path) {
  be_quiet();
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) failed();
  return file;
}

int hdf5_close(int64_t file) {
  be_quiet();
  int flushed = H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 ? failed() : 0;
  if (H5Fclose(file) < 0) return flushed < 0 ? flushed : failed();
  return flushed;
}

int hdf5_add_group(int64_t file, const char *group) {
  be_quiet();
  hid_t creation = creation_list(H5P_GROUP_CREATE);
  hid_t made = H5Gcreate2(file, group, H5P_DEFAULT, creation, H5P_DEFAULT);
  int status = made < 0 ? failed() : 0;
  if (made >= 0) H5Gclose(made);
  H5Pclose(creation);
  return status;
}

int64_t hdf5_count_links(int64_t file, const char *group) {
  be_quiet();
  H5G_info_t info;
  if (H5Gget_info_by_name(file, group, &info, H5P_DEFAULT) < 0) return failed();
  return (int64_t)info.nlinks;
}

// The type of the elements in memory or in the file; close it after use.
static hid_t element_type(hdf5_layout layout, int in_file) {
  switch (layout.kind) {
    case HDF5_FLOAT32: return H5Tcopy(in_file ? H5T_IEEE_F32LE : H5T_NATIVE_FLOAT);
    case HDF5_FLOAT64: return H5Tcopy(in_file ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE);
    case HDF5_INT64: return H5Tcopy(in_file ? H5T_STD_I64LE : H5T_NATIVE_INT64);
    case HDF5_TEXT: break;
  }
  hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, layout.width);
  H5Tset_strpad(text, H5T_STR_NULLPAD);
  return text;
}

static int has_elements(hdf5_layout layout) {
  for (int i = 0; i < layout.rank; i++) {
    if (layout.shape[i] == 0) return 0;
  }
  return 1;
}

static hid_t data_space(hdf5_layout layout) {
  hsize_t shape[2] = {layout.shape[0], layout.shape[1]};
  return H5Screate_simple(layout.rank, shape, NULL);
}

// The properties of a dataset: chunks with a checksum.
static hid_t chunk_list(hdf5_layout layout, uint64_t rows_per_chunk) {
  hid_t list = creation_list(H5P_DATASET_CREATE);
  if (has_elements(layout)) {
    hsize_t chunk[2] = {
        rows_per_chunk < layout.shape[0] ? rows_per_chunk : layout.shape[0], layout.shape[1]};
    H5Pset_chunk(list, layout.rank, chunk);
    H5Pset_fletcher32(list);
  }
  return list;
}

int hdf5_write(
    int64_t file, const char *name, hdf5_layout layout, uint64_t rows_per_chunk,
    const void *values) {
  be_quiet();
  hid_t type = element_type(layout, 1), memory = element_type(layout, 0);
  hid_t space = data_space(layout), list = chunk_list(layout, rows_per_chunk);
  hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
  int status = set < 0 ? failed() : 0;
  if (status == 0 && has_elements(layout)) {
    if (H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) status = failed();
  }
  if (set >= 0 && H5Dclose(set) < 0 && status == 0) status = failed();
  H5Pclose(list);
  H5Sclose(space);
  H5Tclose(memory);
  H5Tclose(type);
  return status;
}

static int check_layout(hid_t set, hdf5_layout layout) {
  hid_t space = H5Dget_space(set), type = H5Dget_type(set), expected = element_type(layout, 1);
  hsize_t shape[H5S_MAX_RANK] = {0};
  int rank = H5Sget_simple_extent_dims(space, shape, NULL);
  int is_equal = rank == layout.rank;
  for (int i = 0; is_equal && i < rank; i++) is_equal = shape[i] == layout.shape[i];
  int status = is_equal ? 0 : differs("the dataset has another shape");
  if (status == 0 && H5Tequal(type, expected) <= 0) {
    status = differs("the dataset has another type");
  }
  H5Tclose(expected);
  H5Tclose(type);
  H5Sclose(space);
  return status;
}

int hdf5_read(int64_t file, const char *name, hdf5_layout layout, void *values) {
  be_quiet();
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
  if (set < 0) return failed();
  hid_t memory = element_type(layout, 0);
  int status = check_layout(set, layout);
  if (status == 0 && has_elements(layout)) {
    if (H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) status = failed();
  }
  H5Tclose(memory);
  H5Dclose(set);
  return status;
}

static int write_attribute(
    int64_t file, const char *group, const char *name, hid_t type, hid_t memory,
    const void *value) {
  hid_t space = H5Screate(H5S_SCALAR);
  hid_t attribute = H5Acreate_by_name(
      file, group, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  int status = attribute < 0 ? failed() : 0;
  if (status == 0 && H5Awrite(attribute, memory, value) < 0) status = failed();
  if (attribute >= 0) H5Aclose(attribute);
  H5Sclose(space);
  return status;
}

// Reads a scalar attribute whose type in the file must be `type`.
static int read_attribute(
    int64_t file, const char *group, const char *name, hid_t type, hid_t memory, void *value) {
  hid_t attribute = H5Aopen_by_name(file, group, name, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute < 0) return failed();
  hid_t space = H5Aget_space(attribute), found = H5Aget_type(attribute);
  int status = 0;
  if (H5Sget_simple_extent_type(space) != H5S_SCALAR || H5Tequal(found, type) <= 0) {
    status = differs("the attribute has another type");
  } else if (H5Aread(attribute, memory, value) < 0) {
    status = failed();
  }
  H5Tclose(found);
  H5Sclose(space);
  H5Aclose(attribute);
  return status;
}

int hdf5_write_integer(int64_t file, const char *group, const char *name, int64_t value) {
  be_quiet();
  return write_attribute(file, group, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

int hdf5_read_integer(int64_t file, const char *group, const char *name, int64_t *value) {
  be_quiet();
  return read_attribute(file, group, name, H5T_STD_I64LE, H5T_NATIVE_INT64, value);
}

static hid_t text_type(void) {
  hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

int hdf5_write_text(int64_t file, const char *group, const char *name, const char *text) {
  be_quiet();
  hid_t type = text_type();
  int status = write_attribute(file, group, name, type, type, &text);
  H5Tclose(type);
  return status;
}

char *hdf5_read_text(int64_t file, const char *group, const char *name) {
  be_quiet();
  hid_t type = text_type();
  char *text = NULL;
  int status = read_attribute(file, group, name, type, type, &text);
  H5Tclose(type);
  if (status == 0 && text == NULL) differs("the attribute has no text");
  return status < 0 ? NULL : text;
}

void hdf5_free(char *text) { H5free_memory(text); }
