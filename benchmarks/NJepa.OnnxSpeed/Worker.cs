using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace NJepa.OnnxSpeed;

/// <summary>The process that is timed: it says when the first features are there, then how fast the others came.</summary>
internal static class Worker
{
    public const string Verb = "work";

    public static int Serve(string order, TextWriter output)
    {
        Work work = JsonSerializer.Deserialize<Work>(order) ?? throw new InvalidOperationException("The order is empty.");
        byte[] pixels = new byte[work.BatchSize * work.ImageSize * work.ImageSize * 3];
        new Random(1).NextBytes(pixels);
        using IFeatures features = work.Kind == Work.Torch ? OpenTorch(work) : OpenOnnx(work);
        float[] first = features.Compute(pixels, 1);
        output.WriteLine(JsonSerializer.Serialize(first));
        output.Flush();
        features.Compute(pixels, work.BatchSize);
        int batches = ((work.Images - 1) / work.BatchSize) + 1;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < batches; i++)
        {
            features.Compute(pixels, work.BatchSize);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        output.WriteLine((batches * work.BatchSize / seconds).ToString("R", CultureInfo.InvariantCulture));
        return 0;
    }

    // Methods of their own, so that a process loads the libraries of its kind only.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TorchFeatures OpenTorch(Work work) => new(work);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static OnnxFeatures OpenOnnx(Work work) => new(work);
}
