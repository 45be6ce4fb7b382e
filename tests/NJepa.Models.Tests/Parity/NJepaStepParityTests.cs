using NJepa.Masking;
using NJepa.Noise;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests;

/// <summary>N-JEPA's own step: predictions of both predictors, the three losses, and the gradient of every parameter.</summary>
public sealed class NJepaStepParityTests : TensorTest
{
    [Theory]
    [InlineData("single")]
    [InlineData("multi")]
    public void Predictions_losses_and_gradients_equal_the_reference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile file = SafetensorsFile.Open(Parity.PathOf("j_njepa.safetensors"));
        using JepaModel model = Parity.TinyModel().WithNoisyPredictor(EdmNoise.Default).Build();
        Parity.LoadInto(model, file);
        MaskBatch masks = Parity.Masks(file, "", model.Configuration.Encoder.Grid);
        JepaInputs inputs = JepaInputs.Create(masks, Noise(file, name, masks), null, CPU);

        JepaOutputs outputs = model.Forward(file.Read("input.images"), inputs);
        JepaLosses losses = model.ComputeLosses(outputs);
        losses.Total.backward();

        Parity.ShouldMatch(outputs.CleanBMTD.transpose(0, 1).contiguous(), file.Read(name + ".p_C"), 2e-5, what: "p_C");
        Parity.ShouldMatch(outputs.NoisyBMTD!.transpose(0, 1).contiguous(), file.Read(name + ".p_N"), 2e-5, what: "p_N");
        Parity.ShouldMatch(outputs.TargetsBMTD.transpose(0, 1).contiguous(), file.Read(name + ".h"), 2e-5, what: "h");
        Parity.ShouldMatch(losses.CleanTeacher, file.Read(name + ".loss_CT"), 1e-6, what: "L_CT");
        Parity.ShouldMatch(losses.NoisyTeacher!, file.Read(name + ".loss_NT"), 1e-6, what: "L_NT");
        Parity.ShouldMatch(losses.NoisyClean!, file.Read(name + ".loss_NC"), 1e-6, what: "L_NC");
        Parity.ShouldMatch(losses.Total, file.Read(name + ".loss"), 1e-6, what: "L");
        foreach (ModelParameter parameter in model.Parameters.Parameters)
        {
            Parity.ShouldMatch(parameter.Gradient!, file.Read($"{name}.grad.{parameter.Name}"), 1e-6, 1e-4, parameter.Name);
        }
    }

    // The fixture's maps cover all patches: [B,L,P] read by all blocks, or [M,B,L,P].
    private static Tensor Noise(SafetensorsFile file, string name, MaskBatch masks)
    {
        Tensor maps = file.Read(name + ".sigma") * file.Read(name + ".eps");
        long width = maps.size(-1);
        var perToken = new List<Tensor>();
        for (int image = 0; image < masks.BatchSize; image++)
        {
            for (int block = 0; block < masks.TargetBlocks; block++)
            {
                Tensor map = name == "single" ? maps.select(0, image) : maps.select(0, block).select(0, image);
                perToken.Add(map.index_select(0, tensor(masks.TargetOf(image, block).ToArray().Select(patch => (long)patch).ToArray())));
            }
        }

        return stack(perToken).view(masks.BatchSize, masks.TargetBlocks, masks.TargetLength, width);
    }
}
