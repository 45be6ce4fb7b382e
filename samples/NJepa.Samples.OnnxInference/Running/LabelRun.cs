using NJepa.Data;
using NJepa.Onnx;
using NJepa.Samples.OnnxInference.Models;
using NJepa.Samples.OnnxInference.Options;

namespace NJepa.Samples.OnnxInference.Running;

/// <summary>Names the most probable labels of each image; where the images lie in folders named as the labels are, it counts how many are right.</summary>
internal sealed class LabelRun(InferenceOptions options, TextWriter output, TextWriter log)
{
    public int Execute()
    {
        using ExportedModel model = ExportedModel.Load(options.Model, options.Threads);
        IReadOnlyList<string> labels = model.Card.Labels;
        string scores = model.Gives(OnnxMetadata.Probabilities) ? OnnxMetadata.Probabilities : OnnxMetadata.Logits;
        if (labels.Count == 0 || !model.Gives(scores))
        {
            throw new InferenceException($"'{options.Model}' has no head, so it cannot label images. Export it with OnnxExportOptions.Head, or use 'similar', which needs none.");
        }

        int size = model.Card.SizeFor(options.ImageSize);
        IImageSource images = InputImages.Open(options.Images);
        using var opened = images as IDisposable;
        (int Right, int Judged) count = (0, 0);
        using (var table = new ResultTable(options.Csv, ["image", "rank", "label", "probability"], output))
        {
            foreach (ImageBatch batch in InputImages.Read(images, size, options.BatchSize, log))
            {
                float[][] all = model.Run(batch, scores);
                for (int i = 0; i < batch.Count; i++)
                {
                    float[] probabilities = scores == OnnxMetadata.Probabilities ? all[i] : Softmax(all[i]);
                    int[] best = [.. Enumerable.Range(0, labels.Count).OrderByDescending(label => probabilities[label]).Take(options.Top)];
                    string name = images.GetName(batch.Indices[i]);
                    table.Add(
                        $"{name}  {string.Join(", ", best.Select(label => $"{labels[label]} {Text.Number(100 * probabilities[label], "0.0")} %"))}",
                        best.Select((label, rank) => (string[])[name, Text.Number(rank + 1, "0"), labels[label], Text.Number(probabilities[label], "0.######")]));
                    if (batch.Labels[i] >= 0 && labels.Contains(images.ClassNames[batch.Labels[i]], StringComparer.Ordinal))
                    {
                        count = (count.Right + (labels[best[0]] == images.ClassNames[batch.Labels[i]] ? 1 : 0), count.Judged + 1);
                    }
                }
            }
        }

        if (count.Judged > 0)
        {
            output.WriteLine($"{count.Right} of {count.Judged} images in folders of these labels are labelled as their folder, {Text.Number(100.0 * count.Right / count.Judged, "0.0")} %");
        }

        return 0;
    }

    private static float[] Softmax(float[] logits)
    {
        float largest = logits.Max();
        float[] powers = [.. logits.Select(logit => MathF.Exp(logit - largest))];
        float sum = powers.Sum();
        return [.. powers.Select(power => power / sum)];
    }
}
