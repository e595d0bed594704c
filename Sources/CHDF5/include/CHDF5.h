// What an export asks of HDF5, as plain functions: HDF5's own types and constants are macros, which
// Swift does not see.
#ifndef CHDF5_H
#define CHDF5_H

#include <stddef.h>
#include <stdint.h>

// What the elements of a dataset are; in the file all numbers are little endian.
typedef enum {
  HDF5_FLOAT32,
  HDF5_FLOAT64,
  HDF5_INT64,
  // Bytes padded with zeros to `width`, as NumPy's type S.
  HDF5_TEXT,
} hdf5_kind;

// Type and extent of a dataset of one or two dimensions.
typedef struct {
  hdf5_kind kind;
  // Bytes of one text, at least 1; used by HDF5_TEXT alone.
  size_t width;
  int rank;
  uint64_t shape[2];
} hdf5_layout;

// Each function but hdf5_reason and hdf5_free fails with a negative number or NULL, and keeps the
// reason for hdf5_reason on the same thread.

// Creates a file that must not exist, and opens it for writing. Gives the file's handle.
int64_t hdf5_create(const char *path);

// Opens a file for reading. Gives the file's handle.
int64_t hdf5_open(const char *path);

// Writes what is pending and closes the file.
int hdf5_close(int64_t file);

// Creates a group; those above it must be there.
int hdf5_add_group(int64_t file, const char *group);

// The number of links in a group.
int64_t hdf5_count_links(int64_t file, const char *group);

// Creates a dataset of the values, in row-major order. Chunks of `rows_per_chunk` rows, at least 1,
// each carry a checksum; a dataset without elements has no chunks.
int hdf5_write(
    int64_t file, const char *name, hdf5_layout layout, uint64_t rows_per_chunk,
    const void *values);

// Reads a dataset of just this layout into `values`.
int hdf5_read(int64_t file, const char *name, hdf5_layout layout, void *values);

// Writes an integer as an attribute of a group.
int hdf5_write_integer(int64_t file, const char *group, const char *name, int64_t value);

// Reads an integer attribute of a group.
int hdf5_read_integer(int64_t file, const char *group, const char *name, int64_t *value);

// Writes a UTF-8 text of any length as an attribute of a group.
int hdf5_write_text(int64_t file, const char *group, const char *name, const char *text);

// Reads a text attribute of a group; hand the result to hdf5_free.
char *hdf5_read_text(int64_t file, const char *group, const char *name);

// Frees what hdf5_read_text gave.
void hdf5_free(char *text);

// The reason of this thread's last failure, in HDF5's words.
const char *hdf5_reason(void);

#endif
