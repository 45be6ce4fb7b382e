using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class DamagedPackedImagesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly byte[] _good;

    public DamagedPackedImagesTests()
    {
        byte[][] files = [.. Enumerable.Range(0, 12).Select(i => i == 4 ? [] : Pictures.Png(6, 5, i))];
        PackedImages.Create(new MemorySource(files), Path).Dispose();
        _good = File.ReadAllBytes(Path);
    }

    private string Path => _folder.At("images.packed");

    private int IndexOffset => (int)BinaryPrimitives.ReadInt64LittleEndian(_good.AsSpan(40));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        for (int length = 0; length < _good.Length; length++)
        {
            File.WriteAllBytes(Path, _good[..length]);
            FluentActions.Invoking(() => PackedImages.Open(Path)).Should().Throw<ImageSourceException>("it was cut off at {0}", length);
        }

        Refusal(_good[..^1]).Should().Be(
            $"The packed images '{Path}' cannot be read: it has {_good.Length - 1} bytes, not the {_good.Length} that its header states. Delete the file and pack the images again.");
        Refusal([.. _good, 0]).Should().Contain($"it has {_good.Length + 1} bytes, not the {_good.Length} that its header states");
        Refusal(_good[..100]).Should().Contain("it has 100 bytes, fewer than its header needs");
    }

    [Fact]
    public void A_changed_byte_outside_the_pixels_is_noticed()
    {
        for (int i = 0; i < _good.Length; i = i == PackedHeader.Length - 1 ? IndexOffset : i + 1)
        {
            byte[] bytes = [.. _good];
            bytes[i] ^= 0x40;
            File.WriteAllBytes(Path, bytes);
            FluentActions.Invoking(() => PackedImages.Open(Path)).Should().Throw<ImageSourceException>("byte {0} was changed", i);
        }

        byte[] index = [.. _good];
        index[^1]++;
        Refusal(index).Should().Be(
            $"The packed images '{Path}' cannot be read: its list of images is damaged (the checksum differs). Delete the file and pack the images again.");
    }

    [Fact]
    public void A_file_of_another_version_is_refused_and_made_anew()
    {
        byte[] bytes = [.. _good];
        bytes[8] = 7;
        Refusal(bytes).Should().Be(
            $"The packed images '{Path}' cannot be read: it is of version 7, and this library reads version 1. Delete the file and pack the images again.");
        var logger = new CollectingLogger();

        using PackedImages packed = PackedImages.OpenOrCreate(new MemorySource(3), Path, logger: logger);

        packed.Count.Should().Be(3);
        logger.Entries.First().Should().Be((LogLevel.Warning,
            $"The packed images {Path} cannot be used again and are made anew: it is of version 7, and this library reads version 1"));
    }

    [Theory]
    [InlineData("holiday notes")]
    [InlineData("x")]
    public void A_file_of_another_kind_is_neither_read_nor_overwritten(string content)
    {
        File.WriteAllText(Path, content);
        string message = $"'{Path}' is not a file of packed images, so it is neither read nor overwritten. Choose another path, or delete it.";

        FluentActions.Invoking(() => PackedImages.Open(Path)).Should().Throw<ImageSourceException>().WithMessage(message);
        FluentActions.Invoking(() => PackedImages.Create(new MemorySource(3), Path)).Should().Throw<ImageSourceException>().WithMessage(message);
        FluentActions.Invoking(() => PackedImages.OpenOrCreate(new MemorySource(3), Path)).Should().Throw<ImageSourceException>().WithMessage(message);
        File.ReadAllText(Path).Should().Be(content);
    }

    [Fact]
    public void What_is_not_there_and_what_is_a_folder_is_said()
    {
        File.Delete(Path);
        FluentActions.Invoking(() => PackedImages.Open(Path)).Should().Throw<ImageSourceException>()
            .WithMessage($"The packed images '{Path}' do not exist. Make them with PackedImages.Create, or check the path.");
        FluentActions.Invoking(() => PackedImages.Create(new MemorySource(3), _folder.Path)).Should().Throw<ImageSourceException>()
            .WithMessage($"'{_folder.Path}' is a folder; packed images are one file. Give the path of a file in it.");
        FluentActions.Invoking(() => PackedImages.Open(" ")).Should().Throw<ArgumentException>();
    }

    public static TheoryData<long, int, int, int, int, int> ImpossibleEntries() => new()
    {
        { -1, 6, 5, 6, 5, 0 },
        { 0, 6, 5, 6, 5, 0 },
        { 127, 6, 5, 6, 5, 0 },
        { 200, 6, 5, 6, 5, 0 },
        { long.MaxValue, 6, 5, 6, 5, 0 },
        { long.MinValue, 6, 5, 6, 5, 0 },
        { 128, 0, 5, 6, 5, 0 },
        { 128, -6, -5, 6, 5, 0 },
        { 128, 6, 5, 5, 5, 0 },
        { 128, 6, 5, 6, 4, 0 },
        { 128, 7, 5, 7, 5, 0 },
        { 128, 60_000, 60_000, 60_000, 60_000, 0 },
        { 128, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, 0 },
        { 128, 6, 5, 6, 5, 1 },
        { 128, 6, 5, 6, 5, -2 },
    };

    [Theory]
    [MemberData(nameof(ImpossibleEntries))]
    public void A_place_outside_the_pixels_is_refused_though_the_checksum_is_right(long offset, int width, int height, int fullWidth, int fullHeight, int label)
    {
        // 90 bytes of pixels and the slack behind them.
        const int PixelsEnd = PackedHeader.Length + (6 * 5 * 3) + PixelResampler.Slack;
        byte[] File(PackedEntry entry, int entryLabel)
        {
            byte[] index = new PackedIndex(["a"], ["x"], [entryLabel], [entry], []).ToBytes();
            byte[] header = new PackedHeader(1, new PackedSettings(9, true, 9, 9), new byte[32], PixelsEnd, index.Length).ToBytes(index);
            return [.. header, .. new byte[PixelsEnd - PackedHeader.Length], .. index];
        }

        System.IO.File.WriteAllBytes(Path, File(new PackedEntry(128, new ShrunkSize(6, 5, 6, 5)), 0));
        PackedImages.Open(Path).Dispose();

        byte[] bytes = width == 0
            ? File(new PackedEntry(offset, new ShrunkSize(1, height, fullWidth, fullHeight)), label)
            : File(new PackedEntry(offset, new ShrunkSize(width, height, fullWidth, fullHeight)), label);
        if (width == 0)
        {
            // An entry without a width but with other numbers; the writer takes it for a bad image.
            int place = PixelsEnd + 4 + 4 + 1 + 8;
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(place), 0);
            byte[] index = bytes[PixelsEnd..];
            new PackedHeader(1, new PackedSettings(9, true, 9, 9), new byte[32], PixelsEnd, index.Length).ToBytes(index).CopyTo(bytes, 0);
        }

        Refusal(bytes).Should().Be(
            $"The packed images '{Path}' cannot be read: its list of images is damaged at image 0. Delete the file and pack the images again.");
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1000)]
    public void A_count_that_cannot_be_takes_no_memory(int count)
    {
        byte[] index = _good[IndexOffset..];
        byte[] header = new PackedHeader(count, new PackedSettings(409, true, 9, 9), new byte[32], IndexOffset, index.Length).ToBytes(index);

        Refusal([.. header, .. _good[PackedHeader.Length..]]).Should().Be(
            $"The packed images '{Path}' cannot be read: its header states {count} images, more than its list of images can hold. Delete the file and pack the images again.");
    }

    private string Refusal(byte[] bytes)
    {
        File.WriteAllBytes(Path, bytes);
        return FluentActions.Invoking(() => PackedImages.Open(Path)).Should().Throw<ImageSourceException>().Which.Message;
    }
}
