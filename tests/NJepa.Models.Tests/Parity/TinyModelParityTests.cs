using NJepa.Masking;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests;

/// <summary>Every activation, target, loss and gradient of the tiny I-JEPA model. Case A has one context block, case B two (which enlarge the batch) and three target blocks.</summary>
public sealed class TinyModelParityTests : TensorTest
{
    private const double Activation = 2e-5;
    private const double GradientAbsolute = 1e-6;
    private const double GradientRelative = 1e-4;

    [Theory]
    [InlineData("caseA", 1)]
    [InlineData("caseB", 2)]
    public void Activations_targets_loss_and_gradients_equal_the_reference(string name, int contexts)
    {
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile file = SafetensorsFile.Open(Parity.PathOf("b_tiny.safetensors"));
        using JepaModel model = Parity.TinyModel().Build();
        Parity.LoadInto(model, file);
        Tensor images = file.Read("input.images");
        Tensor enlarged = cat([.. Enumerable.Repeat(images, contexts)], 0);
        MaskBatch masks = Parity.Masks(file, name + ".", model.Configuration.Encoder.Grid);

        JepaInputs inputs = JepaInputs.Create(masks, null, CPU);
        JepaOutputs outputs = model.Forward(enlarged, inputs);
        JepaLosses losses = model.ComputeLosses(outputs);
        losses.Total.backward();

        void Match(Tensor actual, string entry) => Parity.ShouldMatch(actual, file.Read($"{name}.{entry}"), Activation, what: entry);
        // The reference orders predictions [block, context, image]; ours are [context x image, block].
        Tensor Order(Tensor bmtd) => bmtd.view(contexts, images.size(0), masks.TargetBlocks, masks.TargetLength, -1).permute(2, 0, 1, 3, 4).contiguous();

        Match(model.Student.Encode(images), "encoder_out_full");
        Match(model.Teacher.Encode(images), "target_out_full");
        Match(nn.functional.layer_norm(model.Teacher.Encode(images), [48], eps: 1e-5), "target_out_full_ln");
        Match(outputs.ContextBKD, "encoder_out_masked");
        Match(Order(outputs.TargetsBMTD), "h");
        Match(Order(outputs.CleanBMTD), "predictor_out");
        MatchInside(model, enlarged, images, inputs, outputs, Match);

        Parity.ShouldMatch(losses.Total, file.Read(name + ".loss"), 1e-6, what: "loss");
        Parity.ShouldMatch(losses.Total, file.Read(name + ".ref64.loss"), 1e-6, what: "float64 loss");
        Parity.ShouldMatch(Order(outputs.CleanBMTD), file.Read(name + ".ref64.predictor_out"), Activation, what: "float64 predictor_out");
        foreach (ModelParameter parameter in model.Parameters.Parameters)
        {
            Parity.ShouldMatch(parameter.Gradient!, file.Read($"{name}.grad.{parameter.Name}"), GradientAbsolute, GradientRelative, parameter.Name);
        }
    }

    private static void MatchInside(
        JepaModel model, Tensor enlarged, Tensor images, JepaInputs inputs, JepaOutputs outputs, Action<Tensor, string> match)
    {
        using IDisposable noGradient = no_grad();
        ViTEncoder student = model.Student;
        match(student.Embed(Patches.FromImages(images, 4)), "inter.patch_embed");
        Tensor embedded = student.Embed(Patches.FromImages(enlarged, 4).index_select(0, inputs.Context.Rows)) + student.PositionsLD.index_select(0, inputs.Context.Patches);
        Tensor tokens = embedded.view(outputs.ContextBKD.shape);
        TransformerBlock first = student.Block(0);
        Tensor attention = first.Attention(first.Norm1(tokens));
        match(attention, "inter.encoder_block0_attn");
        match(first.Mlp(first.Norm2(tokens + attention)), "inter.encoder_block0_mlp");
        match(first.Forward(tokens), "inter.encoder_block0");
        match(student.Block(1).Forward(first.Forward(tokens)), "inter.encoder_block1");
        Tensor predictorTokens = model.CleanPredictor.Tokens(outputs.ContextBKD, inputs, noisy: false);
        long sequence = predictorTokens.size(1), blocks = predictorTokens.size(0) / enlarged.size(0);
        Tensor Order(Tensor x) => x.view(enlarged.size(0) / images.size(0), images.size(0), blocks, sequence, -1).permute(2, 0, 1, 3, 4).contiguous();
        match(Order(predictorTokens), "inter.predictor_tokens_in");
        match(Order(model.CleanPredictor.Block(0).Forward(predictorTokens)), "inter.predictor_block0");
    }
}
