package sandbox

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
)

// movieSide is the width and height of a movie's picture in pixels.
const movieSide = 16

// square is a picture in one colour.
func square(side int, c [3]byte) image.Image {
	return image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.RGBA{c[0], c[1], c[2], 255}})
}

// frame is the picture of a movie as JPEG.
func frame(c [3]byte) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, square(movieSide, c), nil); err != nil {
		panic("BUG: " + err.Error())
	}
	return b.Bytes()
}

// movie is an MP4 file (ISO/IEC 14496-12 and -14) that shows one JPEG for some seconds:
// https://developer.apple.com/documentation/quicktime-file-format.
func movie(picture []byte, seconds int) []byte {
	const second = 1000
	long, size := uint32(second*seconds), uint32(movieSide<<16|movieSide)
	matrix := words(1<<16, 0, 0, 0, 1<<16, 0, 0, 0, 1<<30)
	kind := box("ftyp", []byte("isom"), words(512), []byte("isommp41"))
	sample := box("mp4v", words(0, 1, 0, 0, 0, 0, size, 72<<16, 72<<16, 0, 1<<16, 0, 0, 0, 0, 0, 0, 0, 24),
		[]byte{255, 255}, box("esds", words(0), jpegStream))
	table := box("stbl",
		box("stsd", words(0, 1), sample),
		box("stts", words(0, 1, 1, long)),
		box("stsc", words(0, 1, 1, 1, 1)),
		box("stsz", words(0, 0, 1, uint32(len(picture)))),
		box("stco", words(0, 1, uint32(len(kind)+boxHead))))
	media := box("mdia",
		box("mdhd", words(0, 0, 0, second, long, undetermined)),
		box("hdlr", words(0, 0), []byte("vide"), words(0, 0, 0), []byte("sandbox\x00")),
		box("minf", box("vmhd", words(1, 0, 0)), box("dinf", box("dref", words(0, 1), box("url ", words(1)))), table))
	track := box("trak",
		box("tkhd", words(7, 0, 0, 1, 0, long, 0, 0, 0, 0), matrix, words(movieSide<<16, movieSide<<16)),
		media)
	return slices.Concat(kind, box("mdat", picture),
		box("moov", box("mvhd", words(0, 0, 0, second, long, 1<<16, 1<<24, 0, 0), matrix, words(0, 0, 0, 0, 0, 0, 2)), track))
}

// undetermined is the language "und" in 5 bits a letter.
const undetermined = 0x55c4 << 16

// jpegStream describes a track of JPEG pictures (object type 0x6c of
// https://mp4ra.org/registered-types/object-types) by nested descriptors.
var jpegStream = []byte{3, 21, 0, 1, 0, 4, 13, 0x6c, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 1, 2}

// boxHead is the size of what precedes the content of a box.
const boxHead = 8

// box is the unit that such files are made of: its size, its kind, its content.
func box(kind string, content ...[]byte) []byte {
	all := slices.Concat(content...)
	b := binary.BigEndian.AppendUint32(make([]byte, 0, boxHead+len(all)), uint32(boxHead+len(all)))
	return append(append(b, kind...), all...)
}

// words are numbers of 32 bits.
func words(all ...uint32) []byte {
	b := make([]byte, 0, 4*len(all))
	for _, w := range all {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}
