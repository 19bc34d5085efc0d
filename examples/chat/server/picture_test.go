//go:build !js

package main

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var pictures = flag.String("pictures", "", "where the README's pictures go: make screenshot")

// TestPictures takes them, in light and in dark: the page on a desk, with the greeter and a terminal client in the room, and the
// page on a phone, after the server has stopped.
func TestPictures(t *testing.T) {
	dir := *pictures
	if dir == "" {
		dir = t.TempDir()
	}
	d := startDemo(t)
	tab := browse(t, d.page, "WebSocket connection to")
	tab.do(joins("ada"), shows("#lines", "welcome, ada"))
	bob := startTerminal(t, d.room, "bob")
	bob.prints("* bob, you are here with ada, greeter.")
	tab.do(shows("#lines", "welcome, bob"), says("Hi bob! Where are you?"), shows("#lines", "Hi bob!"))
	io.WriteString(bob.stdin, "In a terminal. Same Go source as your page.\nAnd the same events, in the same order.\n")
	tab.do(shows("#lines", "same order."), says("And when the server stops?"), shows("#lines", "server stops?"))
	io.WriteString(bob.stdin, "We both come back when it does.\n")
	tab.do(shows("#lines", "when it does."))

	schemes := []string{"light", "dark"}
	var desks, phones [2][]byte
	for i, scheme := range schemes {
		tab.do(prefers("color-scheme", scheme), size(960, 640), chromedp.CaptureScreenshot(&desks[i]))
	}
	d.stop()
	const counts = `left.checkVisibility() && /in ([2-9]|10) s/.test(left.innerText)`
	tab.do(shows("#ready", "CLOSED"), chromedp.SendKeys("#text", "Kept until then", chromedp.ByQuery))
	for i, scheme := range schemes {
		tab.do(prefers("color-scheme", scheme), size(360, 640), until(counts), chromedp.CaptureScreenshot(&phones[i]))
	}
	for i, scheme := range schemes {
		if err := os.WriteFile(filepath.Join(dir, "chat-"+scheme+".png"), sideBySide(t, desks[i], phones[i]), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// sideBySide lays two pictures of a height of 640 on nothing, with round corners.
func sideBySide(t *testing.T, desk, phone []byte) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "layout.html")
	html := fmt.Appendf(nil, `<!doctype html><style>
		body { display: flex; gap: 24px; margin: 0 }
		img { height: 640px; border-radius: 16px; outline: 1px solid #8886; outline-offset: -1px }
		</style><img src="data:image/png;base64,%s"><img src="data:image/png;base64,%s">`,
		base64.StdEncoding.EncodeToString(desk), base64.StdEncoding.EncodeToString(phone))
	if err := os.WriteFile(file, html, 0o644); err != nil {
		t.Fatal(err)
	}
	var both []byte
	browse(t, "file://"+filepath.ToSlash(file)).do(
		chromedp.EmulateViewport(960+24+360, 640, chromedp.EmulateScale(2)),
		emulation.SetDefaultBackgroundColorOverride().WithColor(&cdp.RGBA{}), // transparent
		chromedp.CaptureScreenshot(&both))
	return smaller(t, both)
}

// smaller keeps the 256 commonest of a picture's colours: a third of the size, and no eye sees the difference.
func smaller(t *testing.T, picture []byte) []byte {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	src := decoded.(*image.NRGBA) // it has transparent corners
	counts := map[[4]uint8]int{}
	for pixel := range slices.Chunk(src.Pix, 4) {
		counts[[4]uint8(pixel)]++
	}
	commonest := slices.SortedFunc(maps.Keys(counts), func(a, b [4]uint8) int { return counts[b] - counts[a] })
	dst := image.NewPaletted(src.Rect, nil)
	for _, c := range commonest[:min(256, len(commonest))] {
		dst.Palette = append(dst.Palette, color.NRGBA{c[0], c[1], c[2], c[3]})
	}
	nearest := map[[4]uint8]uint8{}
	for c := range counts {
		nearest[c] = uint8(dst.Palette.Index(color.NRGBA{c[0], c[1], c[2], c[3]}))
	}
	for i := range dst.Pix {
		dst.Pix[i] = nearest[[4]uint8(src.Pix[4*i:])]
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, dst); err != nil {
		t.Error(err)
	}
	return out.Bytes()
}
