// A small program outside this repository: draw masks, train one step on images of its own, look at the features and export the encoder. Run by
// build/outside-use.sh, which also takes away parts of the native runtime and wants to be told so.

try
{
    Console.WriteLine(NJepaRuntime.GetInfo());
}
catch (NativeRuntimeException exception)
{
    Console.Error.WriteLine($"{exception.Cause}: {exception.Message}");
    return 3;
}

if (args is ["--device", string name])
{
    try
    {
        Console.WriteLine(NJepaRuntime.ResolveDevice(name));
    }
    catch (NativeRuntimeException exception)
    {
        Console.Error.WriteLine($"{exception.Cause}: {exception.Message}");
        return 4;
    }
}

MaskBatch masks = MultiBlockMasking.Paper.CreateSampler(new PatchGrid(14, 14)).Sample(seed: 1, step: 0, [0, 1, 2, 3]);
Console.WriteLine(masks);

string folder = Directory.CreateTempSubdirectory("njepa-outside-").FullName;
try
{
    for (int i = 0; i < 8; i++)
    {
        string images = Directory.CreateDirectory(Path.Combine(folder, "images", i % 2 == 0 ? "stripes" : "checks")).FullName;
        File.WriteAllBytes(Path.Combine(images, $"{i}.bmp"), Bitmap(48, i));
    }

    using JepaModel model = JepaBuilder
        .WithEncoder(ViT.Nano4)
        .WithNoisyPredictor(EdmNoise.Default)
        .WithMultiLevelNoise()
        .Build();
    var options = new PretrainingOptions { Epochs = 1, BatchSize = 8, LogEvery = 1, OutputDirectory = Path.Combine(folder, "out") };
    using var trainer = new JepaTrainer(model, ImageFolder.Open(Path.Combine(folder, "images")), options);
    TrainingResult result = await trainer.RunAsync();
    double loss = result.History[^1].Losses.Total;
    Console.WriteLine($"{result.Steps} step, loss {loss:F4}, saved {string.Join(", ", result.SavedFiles.Select(Path.GetFileName))}");

    using torch.Tensor images4 = torch.rand(4, 3, 32, 32);
    using torch.Tensor pooled = model.Teacher.EncodePooled(images4);
    float[] values = pooled.data<float>().ToArray();
    CollapseReport collapse = CollapseMeasures.Measure(new FeatureSet(values, values.Length / 4, [0, 0, 1, 1], ["stripes", "checks"]));
    Console.WriteLine(collapse);
    long exported = new FileInfo(OnnxExport.Save(model.Student, Path.Combine(folder, "encoder.onnx"), new OnnxExportOptions { Input = OnnxInput.UInt8Nhwc })[0]).Length;
    Console.WriteLine($"exported {exported} bytes");
    return exported > 4 * model.Student.ParameterCount && result is { Steps: 1, Completed: true, BadImages.Count: 0 } && double.IsFinite(loss) ? 0 : 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

// An uncompressed 24-bit bitmap of stripes or checks.
static byte[] Bitmap(int size, int index)
{
    var stream = new MemoryStream();
    using var writer = new BinaryWriter(stream);
    writer.Write("BM"u8);
    writer.Write(54 + 3 * size * size);
    writer.Write(0);
    writer.Write(54);
    writer.Write(40);
    writer.Write(size);
    writer.Write(size);
    writer.Write((short)1);
    writer.Write((short)24);
    writer.Write(new byte[24]);
    for (int y = 0; y < size; y++)
    {
        for (int x = 0; x < size; x++)
        {
            bool bright = index % 2 == 0 ? x / (2 + index) % 2 == 0 : (x / (2 + index) + y / (2 + index)) % 2 == 0;
            writer.Write((byte)(bright ? 220 - 10 * index : 40));
            writer.Write((byte)(bright ? 200 : 30 + 10 * index));
            writer.Write((byte)(bright ? 180 : 60));
        }
    }

    return stream.ToArray();
}
