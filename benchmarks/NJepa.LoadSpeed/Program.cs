using System.Diagnostics;
using System.Globalization;
using NJepa.Interop;
using NJepa.Models;

// How long an encoder takes to load, against reading the bytes of its file into memory:
//
//   dotnet run -c Release --project benchmarks/NJepa.LoadSpeed [-- TURNS]
//
// ViT-B/16 (343 MB) in each format, all in turns, medians. The files lie in the page cache: what is compared is work, not the disk.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int turns = args.Length > 0 && int.TryParse(args[0], out int given) && given >= 1 ? given : 9;
string folder = Directory.CreateTempSubdirectory("njepa-load-").FullName;
try
{
    string ours = Path.Combine(folder, "encoder.safetensors"), timm = Path.Combine(folder, "timm.safetensors"), transformers = Path.Combine(folder, "transformers"), authors = Path.Combine(folder, "ijepa.pth.tar");
    using (ViTEncoder encoder = ViTEncoder.Create(ViT.Base16))
    {
        encoder.Save(ours);
        PretrainedEncoder.Save(encoder, timm, WeightNaming.Timm);
        PretrainedEncoder.Save(encoder, transformers, WeightNaming.HuggingFace);
        PretrainedEncoder.Save(encoder, authors, WeightNaming.IJepa);
    }

    (string Name, Action Load)[] ways =
    [
        ("File.ReadAllBytes of the safetensors file", () => GC.KeepAlive(File.ReadAllBytes(ours))),
        ("ViTEncoder.Load, NJepa", () => ViTEncoder.Load(ours).Dispose()),
        ("PretrainedEncoder.Load, timm safetensors", () => PretrainedEncoder.Load(timm).Dispose()),
        ("PretrainedEncoder.Load, transformers folder", () => PretrainedEncoder.Load(transformers).Dispose()),
        ("PretrainedEncoder.Load, .pth.tar of the I-JEPA layout", () => PretrainedEncoder.Load(authors).Dispose()),
    ];
    var times = ways.ToDictionary(way => way.Name, _ => new List<double>());
    for (int turn = -1; turn < turns; turn++)
    {
        foreach ((string name, Action load) in ways)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var watch = Stopwatch.StartNew();
            load();
            double elapsed = watch.Elapsed.TotalMilliseconds;

            // The first turn warms up.
            if (turn >= 0)
            {
                times[name].Add(elapsed);
            }
        }
    }

    double bytes = Median(times[ways[0].Name]);
    Console.WriteLine($"| | milliseconds (least to most of {turns}) | times reading the bytes |\n|---|---:|---:|");
    foreach ((string name, _) in ways)
    {
        double median = Median(times[name]);
        Console.WriteLine($"| {name} | {median:0} ({times[name].Min():0} to {times[name].Max():0}) | {median / bytes:0.00} |");
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
