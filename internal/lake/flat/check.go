package flat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The seal stands before the footer, where readers of Parquet do not look: the
// footer's checksum, which the format itself lacks.
const (
	sealMagic = "GMSL"
	sealBytes = len(sealMagic) + 4
)

// ErrDamaged reports bytes that are not as a Writer wrote them.
var ErrDamaged = errors.New("bytes have changed")

// sealed returns footer after its seal.
func sealed(footer []byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte(sealMagic), crc32.ChecksumIEEE(footer)), footer...)
}

// CheckSeal reports whether the footer of a file that a Writer made is as it was
// written, and the file whole: ErrDamaged if not.
func CheckSeal(file io.ReaderAt, size int64) error {
	tail := make([]byte, 4+len(magic))
	if size < int64(len(tail)) {
		return fmt.Errorf("flat: %w: the file has %d bytes", ErrDamaged, size)
	}
	if err := readAt(file, tail, size-int64(len(tail))); err != nil {
		return err
	}
	n := int64(binary.LittleEndian.Uint32(tail))
	at := size - int64(len(tail)) - n - int64(sealBytes)
	if string(tail[4:]) != magic || at < int64(len(magic)) {
		return fmt.Errorf("flat: %w: the file does not end as a Parquet file", ErrDamaged)
	}
	found := make([]byte, int64(sealBytes)+n)
	if err := readAt(file, found, at); err != nil {
		return err
	}
	if !bytes.Equal(found, sealed(found[sealBytes:])) {
		return fmt.Errorf("flat: %w: the footer's checksum does not agree", ErrDamaged)
	}
	head := make([]byte, len(magic))
	if err := readAt(file, head, 0); err != nil {
		return err
	}
	if string(head) != magic {
		return fmt.Errorf("flat: %w: the file does not begin as a Parquet file", ErrDamaged)
	}
	return nil
}

func readAt(file io.ReaderAt, b []byte, at int64) error {
	if _, err := file.ReadAt(b, at); err != nil {
		return fmt.Errorf("flat: read: %w", err)
	}
	return nil
}

// CheckPages reports whether the pages of a column chunk are as a Writer makes
// them: headers without anything that it does not write, checksums that agree, and
// sizes that add up to what the footer says. ErrDamaged if not.
func CheckPages(file io.ReaderAt, m *format.ColumnMetaData) error {
	at := m.DataPageOffset
	if m.DictionaryPageOffset > 0 {
		at = m.DictionaryPageOffset
	}
	chunk := make([]byte, m.TotalCompressedSize)
	if err := readAt(file, chunk, at); err != nil {
		return err
	}
	var values, nulls, uncompressed int64
	for len(chunk) > 0 {
		header, n, err := pageHeader(chunk)
		if err != nil {
			return err
		}
		size := int(header.CompressedPageSize)
		if size < 0 || n+size > len(chunk) || header.CRC != int32(crc32.ChecksumIEEE(chunk[n:n+size])) {
			return fmt.Errorf("flat: %w: a page's checksum does not agree", ErrDamaged)
		}
		if header.Type == format.DataPage {
			values += int64(header.DataPageHeader.V.NumValues)
			nulls += header.DataPageHeader.V.Statistics.NullCount
		} else if words := wordsIn(chunk[n : n+size]); words != header.DictionaryPageHeader.V.NumValues {
			return fmt.Errorf("flat: %w: %d words, the page says %d", ErrDamaged, words, header.DictionaryPageHeader.V.NumValues)
		}
		uncompressed += int64(n) + int64(header.UncompressedPageSize)
		chunk = chunk[n+size:]
	}
	if values != m.NumValues || nulls != m.Statistics.NullCount || uncompressed != m.TotalUncompressedSize {
		return fmt.Errorf("flat: %w: the pages have %d values, %d null, in %d bytes; the footer says %d, %d, %d",
			ErrDamaged, values, nulls, uncompressed, m.NumValues, m.Statistics.NullCount, m.TotalUncompressedSize)
	}
	return nil
}

// wordsIn counts the values of a page of words.
func wordsIn(page []byte) (n int32) {
	for len(page) >= 4 {
		size := min(int64(binary.LittleEndian.Uint32(page)), int64(len(page)-4))
		page = page[4+size:]
		n++
	}
	return n
}

// pageHeader reads the header that b begins with, and its length.
func pageHeader(b []byte) (header format.PageHeader, n int, err error) {
	protocol := &thrift.CompactProtocol{}
	r := protocol.NewReaderFromBytes(bytes.Clone(b[:min(len(b), 256)]))
	if err := thrift.NewDecoder(r).Decode(&header); err != nil {
		return header, 0, fmt.Errorf("flat: %w: page header: %w", ErrDamaged, err)
	}
	n = r.BytesRead()
	again, err := thrift.Marshal(protocol, &header)
	if err != nil {
		return header, 0, fmt.Errorf("flat: page header: %w", err)
	}
	data, words := header.DataPageHeader, header.DictionaryPageHeader
	known := header.Type == format.DataPage && data.Valid && !words.Valid &&
		data.V.DefinitionLevelEncoding == format.RLE && data.V.RepetitionLevelEncoding == format.RLE &&
		data.V.Statistics.MaxValue == nil && data.V.Statistics.DistinctCount == 0 ||
		header.Type == format.DictionaryPage && words.Valid && !data.Valid && words.V.Encoding == format.Plain && !words.V.IsSorted
	if !known || !bytes.Equal(again, b[:n]) || header.IndexPageHeader.Valid || header.DataPageHeaderV2.Valid {
		return header, 0, fmt.Errorf("flat: %w: page header", ErrDamaged)
	}
	return header, n, nil
}
