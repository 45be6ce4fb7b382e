// What the documents' snippets take for granted; the README names it once.
global using NJepa.Data;
global using NJepa.Evaluation;
global using NJepa.Interop;
global using NJepa.Masking;
global using NJepa.Models;
global using NJepa.Noise;
global using NJepa.Onnx;
global using NJepa.Training;
global using TorchSharp;
global using static TorchSharp.torch;
