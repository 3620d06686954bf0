//! Pages to PDF 1.7: vector barcodes, embedded subsets of the faces, text that can be searched.
//! The same pages give the same bytes: no time stamp and no random id is written.

use std::collections::BTreeMap;

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;

use crate::barcode::{Linear, Matrix};
use crate::fonts::{self, Fonts, Glyph, Weight};
use crate::page::{Item, Page};

/// Writes the pages. With `actual_size`, viewers are asked not to scale on printing.
pub(crate) fn write(fonts: &Fonts, pages: &[Page], title: &str, actual_size: bool) -> Vec<u8> {
    let mut ids = Ids(0);
    let (catalog, tree, info) = (ids.next(), ids.next(), ids.next());
    let mut used: BTreeMap<usize, UsedFace> = BTreeMap::new();
    let contents: Vec<Vec<u8>> =
        pages.iter().map(|page| content(fonts, page, &mut used, &mut ids)).collect();

    let mut pdf = Pdf::new();
    let mut root = pdf.catalog(catalog);
    root.pages(tree).lang(TextStr("en"));
    let mut viewer = root.viewer_preferences();
    viewer.display_doc_title(true);
    if actual_size {
        viewer.pair(Name(b"PrintScaling"), Name(b"None"));
    }
    viewer.finish();
    root.finish();
    pdf.document_info(info).title(TextStr(title)).producer(TextStr("Orderly"));

    let kids: Vec<(Ref, Ref)> = pages.iter().map(|_| (ids.next(), ids.next())).collect();
    pdf.pages(tree).count(kids.len() as i32).kids(kids.iter().map(|(page, _)| *page));
    for (index, page) in pages.iter().enumerate() {
        let (page_id, content_id) = kids[index];
        let mut out = pdf.page(page_id);
        out.parent(tree).media_box(Rect::new(0.0, 0.0, page.width, page.height));
        out.contents(content_id);
        let mut resources = out.resources();
        let mut names = resources.fonts();
        for (face, font) in &used {
            names.pair(Name(resource_name(*face).as_bytes()), font.id);
        }
        names.finish();
        resources.finish();
        out.finish();
        let packed = compress_to_vec_zlib(&contents[index], 6);
        pdf.stream(content_id, &packed).filter(Filter::FlateDecode);
    }
    for (face, font) in &used {
        write_face(&mut pdf, fonts, *face, font, &mut ids);
    }
    pdf.finish()
}

/// Hands out object numbers from 1.
struct Ids(i32);

impl Ids {
    fn next(&mut self) -> Ref {
        self.0 += 1;
        Ref::new(self.0)
    }
}

/// What the pages use of a face.
struct UsedFace {
    id: Ref,
    glyphs: GlyphRemapper,
    /// The text behind each glyph of the subset, for search and copying.
    texts: BTreeMap<u16, String>,
}

fn resource_name(face: usize) -> String {
    format!("F{face}")
}

fn content(
    fonts: &Fonts,
    page: &Page,
    used: &mut BTreeMap<usize, UsedFace>,
    ids: &mut Ids,
) -> Vec<u8> {
    let mut out = Content::new();
    for item in &page.items {
        match item {
            Item::Text { x, baseline, size, weight, gray, text } => {
                out.set_fill_gray(*gray);
                let from = (*x, page.height - baseline);
                show(&mut out, fonts, (text, *weight, *size), from, used, ids);
            }
            Item::Fill { x, y, width, height, gray } => {
                out.set_fill_gray(*gray);
                out.rect(*x, page.height - y - height, *width, *height).fill_nonzero();
            }
            Item::Bars { x, y, module, height, bars, .. } => {
                out.set_fill_gray(0.0);
                bars_path(&mut out, bars, (*x, page.height - y - height), *module, *height);
            }
            Item::Qr { x, y, module, matrix } => {
                out.set_fill_gray(0.0);
                matrix_path(&mut out, matrix, (*x, page.height - y), *module);
            }
        }
    }
    out.finish().into_vec()
}

/// Draws each run of dark modules as one rectangle.
fn bars_path(out: &mut Content, bars: &Linear, (x, y): (f32, f32), module: f32, height: f32) {
    for (start, length) in dark_runs(&bars.modules) {
        out.rect(x + start as f32 * module, y, length as f32 * module, height);
    }
    out.fill_nonzero();
}

fn matrix_path(out: &mut Content, matrix: &Matrix, (x, top): (f32, f32), module: f32) {
    for (row, modules) in matrix.modules.chunks(matrix.size).enumerate() {
        let y = top - (row + 1) as f32 * module;
        for (start, length) in dark_runs(modules) {
            out.rect(x + start as f32 * module, y, length as f32 * module, module);
        }
    }
    out.fill_nonzero();
}

/// Returns (start, length) of each run of dark modules.
fn dark_runs(modules: &[bool]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in modules.iter().enumerate().filter(|(_, dark)| **dark) {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == at => *length += 1,
            _ => runs.push((at, 1)),
        }
    }
    runs
}

/// Shows one line of text: one text object per glyph run of a face.
fn show(
    out: &mut Content,
    fonts: &Fonts,
    (text, weight, size): (&str, Weight, f32),
    (mut x, y): (f32, f32),
    used: &mut BTreeMap<usize, UsedFace>,
    ids: &mut Ids,
) {
    let glyphs = fonts.shape(text, weight);
    let texts = cluster_texts(text, &glyphs);
    let mut at = 0;
    while at < glyphs.len() {
        let face = glyphs[at].face;
        let run = glyphs[at..].iter().take_while(|glyph| glyph.face == face).count();
        let font = used.entry(face).or_insert_with(|| UsedFace {
            id: ids.next(),
            glyphs: GlyphRemapper::new(),
            texts: BTreeMap::new(),
        });
        out.begin_text();
        out.set_font(Name(resource_name(face).as_bytes()), size);
        out.set_text_matrix([1.0, 0.0, 0.0, 1.0, x, y]);
        for (glyph, text) in glyphs[at..at + run].iter().zip(&texts[at..at + run]) {
            let id = font.glyphs.remap(glyph.id);
            if !text.is_empty() {
                font.texts.entry(id).or_insert_with(|| (*text).to_owned());
            }
        }
        show_run(out, fonts.face(face), &glyphs[at..at + run], &font.glyphs, size);
        out.end_text();
        x += glyphs[at..at + run].iter().map(|glyph| glyph.advance).sum::<f32>() * size;
        at += run;
    }
}

/// Writes glyphs with the distance that shaping gave them; marks above or below by text rise.
fn show_run(
    out: &mut Content,
    face: &rustybuzz::Face<'static>,
    glyphs: &[Glyph],
    subset: &GlyphRemapper,
    size: f32,
) {
    let em = face.units_per_em() as f32;
    let mut rise = 0.0_f32;
    for level in glyphs.chunk_by(|a, b| (a.y_offset - b.y_offset).abs() < 1e-4) {
        if (level[0].y_offset - rise).abs() >= 1e-4 {
            rise = level[0].y_offset;
            out.set_rise(rise * size);
        }
        let mut shown = out.show_positioned();
        let mut items = shown.items();
        for glyph in level {
            let id = rustybuzz::ttf_parser::GlyphId(glyph.id);
            let natural = f32::from(face.glyph_hor_advance(id).unwrap_or(0)) / em;
            let code = subset.get(glyph.id).unwrap_or(0).to_be_bytes();
            if glyph.x_offset.abs() >= 1e-4 {
                items.adjust(-glyph.x_offset * 1000.0);
            }
            items.show(Str(&code));
            let behind = natural + glyph.x_offset - glyph.advance;
            if behind.abs() >= 1e-4 {
                items.adjust(behind * 1000.0);
            }
        }
    }
    if rise.abs() >= 1e-4 {
        out.set_rise(0.0);
    }
}

/// Returns the text that each glyph stands for: the first glyph of a cluster carries all of it.
fn cluster_texts<'a>(text: &'a str, glyphs: &[Glyph]) -> Vec<&'a str> {
    let mut starts: Vec<usize> = glyphs.iter().map(|glyph| glyph.cluster).collect();
    starts.push(text.len());
    starts.sort_unstable();
    starts.dedup();
    let mut before = None;
    let mut texts = Vec::with_capacity(glyphs.len());
    for glyph in glyphs {
        let place = starts.partition_point(|&start| start <= glyph.cluster);
        let end = starts.get(place).copied().unwrap_or(text.len());
        let first = before != Some(glyph.cluster);
        texts.push(if first { &text[glyph.cluster..end] } else { "" });
        before = Some(glyph.cluster);
    }
    texts
}

/// Writes a face as a composite font of the glyphs in use, addressed by two bytes each.
fn write_face(pdf: &mut Pdf, fonts: &Fonts, face: usize, used: &UsedFace, ids: &mut Ids) {
    let (descendant, descriptor, cmap, file) = (ids.next(), ids.next(), ids.next(), ids.next());
    let parsed = fonts.face(face);
    let subset = subsetter::subset(fonts::data(face), 0, &used.glyphs)
        .expect("the embedded faces can be cut to a subset");
    let tag = ["AAAAAA", "BBBBBB", "CCCCCC", "DDDDDD"][face];
    let name = format!("{tag}+{}", fonts::name(face));
    let system =
        || SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

    pdf.type0_font(used.id)
        .base_font(Name(name.as_bytes()))
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(descendant)
        .to_unicode(cmap);

    let scale = 1000.0 / parsed.units_per_em() as f32;
    let mut cid = pdf.cid_font(descendant);
    cid.subtype(CidFontType::Type2)
        .base_font(Name(name.as_bytes()))
        .system_info(system())
        .font_descriptor(descriptor)
        .default_width(0.0)
        .cid_to_gid_map_predefined(Name(b"Identity"));
    let advance = |id| {
        let id = rustybuzz::ttf_parser::GlyphId(id);
        f32::from(parsed.glyph_hor_advance(id).unwrap_or(0)) * scale
    };
    cid.widths().consecutive(0, used.glyphs.remapped_gids().map(advance));
    cid.finish();

    let bounds = parsed.global_bounding_box();
    let [left, bottom, right, top] = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max]
        .map(|edge| f32::from(edge) * scale);
    pdf.font_descriptor(descriptor)
        .name(Name(name.as_bytes()))
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(left, bottom, right, top))
        .italic_angle(0.0)
        .ascent(f32::from(parsed.ascender()) * scale)
        .descent(f32::from(parsed.descender()) * scale)
        .cap_height(f32::from(parsed.capital_height().unwrap_or(714)) * scale)
        .stem_v(if face.is_multiple_of(2) { 90.0 } else { 150.0 })
        .font_file2(file);

    let mut unicode = UnicodeCmap::<u16>::new(Name(b"Orderly"), system());
    for (glyph, text) in &used.texts {
        unicode.pair_with_multiple(*glyph, text.chars());
    }
    let unicode = compress_to_vec_zlib(unicode.finish().as_slice(), 6);
    pdf.cmap(cmap, &unicode).filter(Filter::FlateDecode);
    let packed = compress_to_vec_zlib(&subset, 6);
    pdf.stream(file, &packed)
        .filter(Filter::FlateDecode)
        .pair(Name(b"Length1"), subset.len() as i32);
}
