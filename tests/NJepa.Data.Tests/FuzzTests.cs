using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.Win32.SafeHandles;
using NJepa.Data.Tests.Support;
using SkiaSharp;

namespace NJepa.Data.Tests;

/// <summary>Damaged files, tens of thousands of them: nothing but the documented exceptions, and no more memory than the file is worth.</summary>
public sealed class FuzzTests : IDisposable
{
    private const int Mutants = 20_000;

    /// <summary>What a parser may take for a file of at most some ten kilobytes: the exception is most of it.</summary>
    private const long AllowedBytes = 1 << 20;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Damaged_directories_of_zips_end_in_the_documented_exception()
    {
        byte[][] good =
        [
            Zip.Of(("train/cat/1.png", [1, 2, 3]), ("val/dog/2.png", [4])),
            Zip.Of(CompressionLevel.Optimal, ("a.jpg", new byte[500]), ("b/ü.png", [1, 2]), ("readme.txt", [1])),
            Zip.Extended("cat/1.png", [1, 2, 3, 4]),
        ];
        using SafeFileHandle file = File.OpenHandle(_folder.At("a.zip"), FileMode.CreateNew, FileAccess.ReadWrite);
        int read = Fuzz(seed: 1, trial => good[trial % good.Length], bytes =>
        {
            RandomAccess.SetLength(file, bytes.Length);
            RandomAccess.Write(file, bytes, 0);
            ZipDirectory.Read(file);
        });

        read.Should().BeInRange(Mutants / 100, Mutants - (Mutants / 100), "neither are all refused, nor is nothing");
    }

    [Fact]
    public void Damaged_zips_end_in_the_documented_exceptions_and_read_no_more_than_allowed()
    {
        byte[] good = Zip.Of(CompressionLevel.Optimal, ("train/cat/1.png", Pictures.Png(6, 5)), ("train/dog/2.png", new byte[100_000]));
        var mutations = new Mutations(2);
        var decoder = new ImageDecoder(new ImageDecodingOptions { MaxFileBytes = 50_000 });
        int opened = 0;
        for (int trial = 0; trial < Mutants / 10; trial++)
        {
            File.WriteAllBytes(_folder.At("a.zip"), mutations.Apply(good));
            try
            {
                using ImageArchive archive = ImageArchive.Open(_folder.At("a.zip"));
                opened++;
                for (int i = 0; i < archive.Count; i++)
                {
                    archive.GetStamp(i);
                    decoder.Decode(archive, i);
                }
            }
            catch (Exception e) when (e is ImageSourceException or ImageDecodingException or InvalidDataException)
            {
            }
        }

        opened.Should().BePositive();
        Directory.GetFileSystemEntries(_folder.Path).Should().Equal(_folder.At("a.zip"));
    }

    [Fact]
    public void Damaged_headers_and_lists_of_packed_images_end_in_the_documented_exception()
    {
        byte[] good = Packed();
        int indexOffset = (int)BinaryPrimitives.ReadInt64LittleEndian(good.AsSpan(40));

        int headers = Fuzz(seed: 3, _ => good[..PackedHeader.Length], bytes => PackedHeader.Parse(bytes, good.Length));
        int lists = Fuzz(seed: 4, _ => good[indexOffset..], bytes => PackedIndex.Parse(bytes, count: 12, indexOffset));

        headers.Should().BePositive();
        lists.Should().BeInRange(Mutants / 100, Mutants - (Mutants / 100));
    }

    [Fact]
    public void Damaged_packed_images_with_a_right_checksum_are_refused_or_drawn_from_within_the_file()
    {
        // Reading one byte outside the map would end the process, and with it this test.
        byte[] good = Packed();
        int indexOffset = (int)BinaryPrimitives.ReadInt64LittleEndian(good.AsSpan(40));
        var mutations = new Mutations(5);
        var resampler = new PixelResampler();
        byte[] pixels = new byte[8 * 8 * 3];
        int drawn = 0;
        for (int trial = 0; trial < Mutants / 10; trial++)
        {
            byte[] index = mutations.Apply(good[indexOffset..]);
            byte[] header = new PackedHeader(12, new PackedSettings(9, true, 9, 9), new byte[32], indexOffset, index.Length).ToBytes(index);
            File.WriteAllBytes(_folder.At("mutant"), [.. header, .. good[PackedHeader.Length..indexOffset], .. index]);
            try
            {
                using PackedImages packed = PackedImages.Open(_folder.At("mutant"));
                for (int i = 0; i < packed.Count; i++)
                {
                    var source = (IDecodedImageSource)packed;
                    source.Draw(i, new TrainingAugmentation { ImageSize = 8 }, new SampleKey(1, trial, i), resampler, pixels);
                    source.Draw(i, new EvaluationTransform { ImageSize = 8 }, default, resampler, pixels);
                    drawn++;
                }
            }
            catch (ImageSourceException)
            {
            }
        }

        drawn.Should().BeGreaterThan(1000);
    }

    [Fact]
    public void Damaged_markers_of_jpegs_are_walked_to_an_end()
    {
        byte[][] good =
        [
            Pictures.Jpeg(9, 7), Pictures.WithOrientation(Pictures.Jpeg(9, 7), 6), Pictures.CmykJpeg(1, 2, 3, 4), HugePictures.ProgressiveJpeg(),
            [0xFF, 0xD8, 0xFF, 0xFF, 0xFF, 0xE0, 0, 2, 0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 0xFF, 0xD9],
        ];

        int allowed = 0;
        Fuzz(seed: 6, trial => good[trial % good.Length], bytes => allowed += JpegFile.AllowsParts(bytes) ? 1 : 0).Should().Be(Mutants, "it never throws");

        allowed.Should().BeInRange(Mutants / 100, Mutants - (Mutants / 100));
        for (int length = 0; length < good[0].Length; length++)
        {
            JpegFile.AllowsParts(good[0].AsSpan(0, length)).Should().BeFalse("it was cut off");
        }
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void Damaged_pictures_end_in_the_documented_exception_whatever_part_of_them_is_drawn(SKEncodedImageFormat format)
    {
        byte[] good = Pictures.Encode(Pictures.Noise(33, 26), format, 90);
        var mutations = new Mutations(7);
        var decoder = new ImageDecoder(new ImageDecodingOptions { MaxPixels = 100_000 });
        byte[] pixels = new byte[8 * 8 * 3];
        int refused = 0;
        for (int trial = 0; trial < Mutants / 10; trial++)
        {
            try
            {
                decoder.Render(new MemoryStream(mutations.Apply(good)), "x", new TrainingAugmentation { ImageSize = 8 }, pixels, seed: 1, trial);
            }
            catch (ImageDecodingException)
            {
                refused++;
            }
        }

        refused.Should().BePositive();
    }

    [Fact]
    public void Damaged_reports_end_in_the_documented_exception()
    {
        BadImageReport.Write(_folder.At("a.csv"), [new(3, "cat/ü.jpg", "empty"), new(12, "a, \"b\"\n.png", "=x"), new(14, "'", "")]);
        byte[] good = File.ReadAllBytes(_folder.At("a.csv"));
        string path = _folder.At("mutant.csv");

        int read = Fuzz(seed: 8, _ => good, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            BadImageReport.Read(path);
        }, Mutants / 10);

        read.Should().BePositive();
    }

    /// <returns>The number of mutants that the parser accepted.</returns>
    private static int Fuzz(int seed, Func<int, byte[]> good, Action<byte[]> parse, int count = Mutants)
    {
        var mutations = new Mutations(seed);
        int accepted = 0;
        for (int trial = 0; trial < count; trial++)
        {
            byte[] bytes = mutations.Apply(good(trial));
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                parse(bytes);
                accepted++;
            }
            catch (InvalidDataException)
            {
            }

            long taken = GC.GetAllocatedBytesForCurrentThread() - before;
            if (taken > AllowedBytes)
            {
                throw new InvalidOperationException($"Mutant {trial} of {bytes.Length} bytes took {taken} bytes: {Convert.ToHexString(bytes)}");
            }
        }

        return accepted;
    }

    private byte[] Packed()
    {
        byte[][] files = [.. Enumerable.Range(0, 12).Select(i => i == 4 ? [] : Pictures.Png(6 + i, 5, i))];
        PackedImages.Create(new MemorySource(files), _folder.At("images.packed")).Dispose();
        return File.ReadAllBytes(_folder.At("images.packed"));
    }
}
