using System.Security.Cryptography;
using NJepa.Data.Tests.Support;

namespace NJepa.Data.Tests;

public sealed class MixedFolderTests(MixedFolder folder) : IClassFixture<MixedFolder>
{
    private const int Epochs = 2;

    private static readonly TrainingAugmentation Small = new() { ImageSize = 6, HorizontalFlip = true };
    private static readonly ImageLoaderOptions Options = new() { BatchSize = 40, Seed = 11 };

    [Fact]
    public void Five_percent_of_bad_files_of_all_kinds_change_nothing_but_their_own_places()
    {
        (string[] clean, IReadOnlyList<BadImage> none, _) = Run(folder.Clean, threads: 2);
        none.Should().BeEmpty();
        string[]? first = null;
        foreach (int threads in new[] { 0, 1, 2, 8 })
        {
            (string[] places, IReadOnlyList<BadImage> bad, CollectingLogger logger) = Run(folder.Mixed, threads);

            first ??= places;
            places.Should().Equal(first, "batches are the same with {0} threads", threads);
            bad.Select(image => image.Index).Should().Equal(folder.Reasons.Keys.Order(), "each is listed, once");
            bad.Should().OnlyContain(image => image.Reason.StartsWith(folder.Reasons[image.Index], StringComparison.Ordinal) && image.Name == folder.Mixed.GetName(image.Index));
            logger.Entries.Should().HaveCount(MixedFolder.Bad, "each is logged, once");
        }

        // A clean run has at each place the image that was planned for it.
        int replaced = 0;
        for (int place = 0; place < clean.Length; place++)
        {
            if (folder.Reasons.ContainsKey(Index(clean[place])))
            {
                replaced++;
                folder.Reasons.Keys.Should().NotContain(Index(first![place]));
                continue;
            }

            first![place].Should().Be(clean[place]);
        }

        replaced.Should().Be(Epochs * MixedFolder.Bad);
    }

    [Fact]
    public void A_run_in_two_parts_with_a_report_between_is_the_whole_run()
    {
        (string[] whole, IReadOnlyList<BadImage> bad, _) = Run(folder.Mixed, threads: 2);
        using var reports = new TempFolder();
        string report = reports.At("bad-images.csv");
        using (var before = new ImageLoader(folder.Mixed, Small, Options with { Threads = 2 }))
        {
            Places(before.Epoch(0)).Should().Equal(whole[..MixedFolder.Count]);
            BadImageReport.Write(report, before.BadImages);
        }

        var logger = new CollectingLogger();
        using var after = new ImageLoader(folder.Mixed, Small, Options with { Threads = 2 }, logger);
        after.Remember(BadImageReport.Read(report));

        Places(after.Epoch(1)).Should().Equal(whole[MixedFolder.Count..]);
        after.BadImages.Should().Equal(bad);
        logger.Entries.Should().BeEmpty();
    }

    private static (string[] Places, IReadOnlyList<BadImage> Bad, CollectingLogger Logger) Run(IImageSource source, int threads)
    {
        var logger = new CollectingLogger();
        using var loader = new ImageLoader(source, Small, Options with { Threads = threads }, logger);
        return (Places(loader.Steps(0, Epochs * MixedFolder.Count / Options.BatchSize)), loader.BadImages, logger);
    }

    /// <summary>Index, label and a hash of the pixels of each place.</summary>
    private static string[] Places(IEnumerable<ImageBatch> batches) => [.. batches.SelectMany(batch =>
    {
        using (batch)
        {
            return Enumerable.Range(0, batch.Count)
                .Select(i => $"{batch.Indices[i]} {batch.Labels[i]} {Convert.ToHexString(SHA256.HashData(batch.GetImage(i)))}").ToArray();
        }
    })];

    private static int Index(string place) => int.Parse(place.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
}
