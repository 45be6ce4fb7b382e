using NJepa.Data;
using NJepa.Evaluation;
using NJepa.Samples.Figures;

namespace NJepa.Samples.QuickStart.Running;

/// <summary>Some test images and their nearest training images, in the eyes of the encoder before and after training.</summary>
internal static class NearestImages
{
    private const int Rows = 8;
    private const int Columns = 6;

    /// <summary>Draws the figure, if there are test images.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">The images.</param>
    /// <param name="imageSize">Side of the encoder's images in pixels.</param>
    /// <param name="before">The untrained encoder's features.</param>
    /// <param name="after">The pretrained encoder's features.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static void Save(string path, QuickStartImages images, int imageSize, EncoderFeatures before, EncoderFeatures after, CancellationToken cancellationToken)
    {
        if (images.EvaluationTest is not { } source || before.Test is null || after.Test is null)
        {
            return;
        }

        // An image that could be read for one of the two encoders only would shift all rows after it.
        before = new EncoderFeatures(Common(before.Train, after.Train), Common(before.Test, after.Test));
        after = new EncoderFeatures(Common(after.Train, before.Train), Common(after.Test, before.Test!));
        FeatureSet test = after.Test!;
        int[] queries = ShownImages.Spread(test.Count, Rows);
        int each = Math.Min(Columns, after.Train.Count);
        NeighbourTable[] tables = [.. new[] { before, after }.Select(features => NearestNeighbours.Find(features.Train, features.Test!.Select(queries), each, cancellationToken: cancellationToken))];
        Dictionary<int, FigureImage> asked = ShownImages.Read(source, queries.Select(query => test.SourceIndices[query]), imageSize, cancellationToken);
        Dictionary<int, FigureImage> near = ShownImages.Read(
            images.EvaluationTraining, tables.SelectMany(table => table.Indices).Select(row => after.Train.SourceIndices[row]), imageSize, cancellationToken);
        if (queries.Any(query => !asked.ContainsKey(test.SourceIndices[query])) || tables.Any(table => table.Indices.Any(row => !near.ContainsKey(after.Train.SourceIndices[row]))))
        {
            // A file has vanished since: no picture is better than a run that ends without its figures.
            return;
        }

        bool labelled = after.Train.IsLabelled && test.IsLabelled;
        NeighbourRow[] rows =
        [
            .. queries.Select((query, i) => new NeighbourRow(
                asked[test.SourceIndices[query]],
                labelled ? test.ClassNames[test.Labels[query]] : "",
                [.. tables.Select(table => Group(table, i, query))])),
        ];
        NeighboursFigure.Save(
            path,
            $"Test images and the {each} training images whose features point into the most similar direction, with the cosine{(labelled ? "; green: of the same class" : "")}.",
            ["before: untrained encoder", "after: pretrained encoder"],
            rows);

        static FeatureSet Common(FeatureSet set, FeatureSet other)
        {
            HashSet<int> shared = [.. other.SourceIndices];
            return shared.SetEquals(set.SourceIndices) ? set : set.Select([.. Enumerable.Range(0, set.Count).Where(row => shared.Contains(set.SourceIndices[row]))]);
        }

        NeighbourImage[] Group(NeighbourTable table, int row, int query) =>
        [
            .. Enumerable.Range(0, each).Select(i =>
            {
                int found = table.IndicesOf(row)[i];
                bool? same = labelled ? after.Train.ClassNames[after.Train.Labels[found]] == test.ClassNames[test.Labels[query]] : null;
                return new NeighbourImage(near[after.Train.SourceIndices[found]], table.SimilaritiesOf(row)[i], same);
            }),
        ];
    }
}
