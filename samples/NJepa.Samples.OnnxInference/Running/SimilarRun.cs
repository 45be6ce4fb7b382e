using NJepa.Data;
using NJepa.Onnx;
using NJepa.Samples.Figures;
using NJepa.Samples.OnnxInference.Models;
using NJepa.Samples.OnnxInference.Options;

namespace NJepa.Samples.OnnxInference.Running;

/// <summary>Finds the images whose pooled features have the largest cosine with those of one image.</summary>
internal sealed class SimilarRun(InferenceOptions options, string query, string? sheet, TextWriter output, TextWriter log)
{
    public int Execute()
    {
        if (!File.Exists(query))
        {
            throw new InferenceException($"There is no image '{query}' (it was looked for at '{Path.GetFullPath(query)}').");
        }

        if (sheet is not null && Path.GetDirectoryName(Path.GetFullPath(sheet)) is { } place && !Directory.Exists(place))
        {
            throw new InferenceException($"--sheet is '{sheet}', and there is no folder '{place}'. Make it, or give a file in one that is there.");
        }

        using ExportedModel model = ExportedModel.Load(options.Model, options.Threads);
        if (!model.Gives(OnnxMetadata.Features))
        {
            throw new InferenceException($"'{options.Model}' gives no '{OnnxMetadata.Features}', which are needed to compare images. Export it with OnnxOutputs.Features.");
        }

        int size = model.Card.SizeFor(options.ImageSize);
        FoundImage asked = Features(model, InputImages.Open(query), size).Single().Image;
        IImageSource images = InputImages.Open(options.Images);
        using var opened = images as IDisposable;
        FoundImage[] found = Nearest(Features(model, images, size).Where(image => !IsQuery(images, image.Index)), asked);
        using (var table = new ResultTable(options.Csv, ["rank", "image", "cosine"], output))
        {
            for (int rank = 0; rank < found.Length; rank++)
            {
                table.Add(
                    $"{Text.Number(found[rank].Cosine, "0.000")}  {found[rank].Name}",
                    [[Text.Number(rank + 1, "0"), found[rank].Name, Text.Number(found[rank].Cosine, "0.######")]]);
            }
        }

        if (sheet is not null)
        {
            string caption = Path.GetFileName(options.Images.TrimEnd(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar));
            IReadOnlyList<NeighbourImage> neighbours = [.. found.Select(image => new NeighbourImage(new FigureImage(image.Pixels, size, size), image.Cosine, null))];
            NeighboursFigure.Save(
                sheet, "the largest cosines of pooled features", [$"nearest in {caption}"], [new NeighbourRow(new FigureImage(asked.Pixels, size, size), Text.OnOneLine(asked.Name), [neighbours])]);
            output.WriteLine($"drawn: {sheet}");
        }

        return 0;
    }

    private FoundImage[] Nearest(IEnumerable<(int Index, FoundImage Image)> images, FoundImage asked)
    {
        var best = new List<FoundImage>();
        foreach ((_, FoundImage image) in images)
        {
            image.Cosine = Cosine(image.Features, asked.Features);
            int place = best.FindIndex(other => other.Cosine < image.Cosine);
            best.Insert(place < 0 ? best.Count : place, image);
            if (best.Count > options.Top)
            {
                best.RemoveAt(options.Top);
            }
        }

        return best.Count > 0 ? [.. best] : throw new InferenceException($"There is no image but the one asked about in '{options.Images}'.");
    }

    private IEnumerable<(int Index, FoundImage Image)> Features(ExportedModel model, IImageSource images, int size)
    {
        foreach (ImageBatch batch in InputImages.Read(images, size, options.BatchSize, log))
        {
            float[][] features = model.Run(batch, OnnxMetadata.Features);
            for (int i = 0; i < batch.Count; i++)
            {
                yield return (batch.Indices[i], new FoundImage(images.GetName(batch.Indices[i]), features[i], sheet is null ? [] : batch.GetImage(i).ToArray()));
            }
        }
    }

    private static double Cosine(float[] a, float[] b)
    {
        double product = 0, lengthA = 0, lengthB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            product += (double)a[i] * b[i];
            lengthA += (double)a[i] * a[i];
            lengthB += (double)b[i] * b[i];
        }

        return product / Math.Sqrt(lengthA * lengthB);
    }

    // The image asked about may lie among the others.
    private bool IsQuery(IImageSource images, int index) =>
        images is ImageFolder folder && Path.GetFullPath(Path.Combine(folder.Path, folder.GetName(index))) == Path.GetFullPath(query);

    private sealed record FoundImage(string Name, float[] Features, byte[] Pixels)
    {
        public double Cosine { get; set; }
    }
}
